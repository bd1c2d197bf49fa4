/**
 * A private folder for the Unix socket that peers on the same host use.
 *
 * @module
 */

/** The longest path of a socket that every system takes. */
const SOCKET_PATH_BYTES_MAX = 103;
const SOCKET_NAME = "s";

/** A folder of this user alone, gone when it is disposed. */
export class LocalFolder implements AsyncDisposable {
  /** An endpoint in it; nobody can guess it, so it is never another's. */
  readonly endpoint: string;
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
    this.endpoint = `ipc://${path}/${SOCKET_NAME}`;
  }

  /** Makes a folder, where the system has Unix sockets and room for it. */
  static async make(): Promise<LocalFolder | undefined> {
    if (Deno.build.os === "windows") return undefined;
    try {
      const path = await Deno.makeTempDir({ prefix: "ippd-" });
      if (path.length + 1 + SOCKET_NAME.length <= SOCKET_PATH_BYTES_MAX) {
        return new LocalFolder(path);
      }
      await Deno.remove(path);
    } catch {
      // It is only for speed: TCP serves everybody.
    }
    return undefined;
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#path, { recursive: true }).catch(() => {});
  }
}
