/**
 * One controller per profile and cluster id.
 *
 * @module
 */
import { dirname } from "node:path";
import { utf8 } from "../base/mod.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/** Others may remove the file between our opening and locking it. */
const ATTEMPTS_MAX = 16;
const PID_CHARACTERS_MAX = 32;

/**
 * A file that is locked while its process lives, with the process's id in
 * it. The kernel unlocks it however the process ends.
 */
export class ClusterLockFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Takes the lock.
   *
   * @throws {CliError} when another process has it; the message says which.
   */
  static take(path: string): ClusterLockFile {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const file = Deno.openSync(path, {
        create: true,
        read: true,
        write: true,
        mode: 0o600,
      });
      if (!file.tryLockSync(true)) {
        const pid = readPid(file);
        file.close();
        throw new CliError(
          EXIT.addressInUse,
          `Cannot start: process ${pid} runs this cluster; stop it, or choose another name with --cluster-id`,
        );
      }
      if (isStillThere(path, file)) {
        file.truncateSync();
        file.writeSync(utf8(`${Deno.pid}\n`));
        return new ClusterLockFile(path, file);
      }
      file.close();
    }
    throw new CliError(
      EXIT.addressInUse,
      `Cannot start: ${path} is replaced all the time; stop the others that start this cluster`,
    );
  }

  /** Gives the lock back and removes the file. */
  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.#path);
    } catch {
      // Somebody has tidied up already.
    }
    this.#file.close();
  }
}

function readPid(file: Deno.FsFile): string {
  const bytes = new Uint8Array(PID_CHARACTERS_MAX);
  const count = file.readSync(bytes) ?? 0;
  const text = new TextDecoder().decode(bytes.subarray(0, count)).trim();
  return /^\d+$/.test(text) ? text : "(unknown)";
}

function isStillThere(path: string, file: Deno.FsFile): boolean {
  try {
    return Deno.statSync(path).ino === file.statSync().ino;
  } catch {
    return false;
  }
}
