/**
 * People who use the executable, each with files of their own.
 *
 * @module
 */
import { type IppdEnd, IppdProcess } from "../cli/ippd_process.ts";

/** What `deno task compile` makes. */
const BUILT = new URL("../../dist/ippd", import.meta.url).pathname;

/** Numbers of users who need no account: files belong to numbers. */
export const STRANGERS: readonly number[] = [64_001, 64_002];

/** Whether this user may start programs as somebody else. */
export function isRoot(): boolean {
  return Deno.uid() === 0;
}

/** Whether there is an executable, and which form it has. */
export function builtForm(): "none" | "self-extracting" | "compiled" {
  try {
    using file = Deno.openSync(BUILT);
    const start = new Uint8Array(2);
    file.readSync(start);
    return new TextDecoder().decode(start) === "#!"
      ? "self-extracting"
      : "compiled";
  } catch {
    // It has not been made.
    return "none";
  }
}

/** Somebody with the executable, a cache and a folder of state. */
export class Person {
  /** The folder of everything. */
  readonly home: string;
  /** Where the executable keeps what it has unpacked. */
  readonly cache: string;
  readonly #executable: string;
  readonly #uid: number | undefined;

  /** Lives in a folder that is theirs. */
  constructor(home: string, executable: string, uid?: number) {
    this.home = home;
    this.cache = `${home}/the cache`;
    this.#executable = executable;
    this.#uid = uid;
  }

  /** Starts the executable. */
  start(...words: readonly string[]): IppdProcess {
    return this.#start([this.#executable, ...words]);
  }

  /** Starts a line of the shell, in which `$0` is the executable. */
  startShell(line: string): IppdProcess {
    return this.#start(["/bin/sh", "-c", line, this.#executable]);
  }

  #start(command: readonly string[]): IppdProcess {
    const { home, cache } = this;
    const uid = this.#uid;
    return new IppdProcess(command, `${home}/state`, {
      clearEnv: true,
      cwd: home,
      env: {
        HOME: home,
        XDG_CACHE_HOME: cache,
        PATH: "/usr/local/bin:/usr/bin:/bin",
        NO_COLOR: "1",
      },
      ...(uid !== undefined && { uid, gid: uid }),
    });
  }

  /** Runs the executable to its end. */
  async run(...words: readonly string[]): Promise<IppdEnd> {
    await using process = this.start(...words);
    return await process.ended();
  }

  /** The folder with what was unpacked. */
  async unpacked(): Promise<string> {
    const names = await Array.fromAsync(
      Deno.readDir(`${this.cache}/ippd`),
      ({ name }) => name,
    );
    if (names.length !== 1) throw new Error(`there are ${names.join(", ")}`);
    return `${this.cache}/ippd/${names[0]}`;
  }

  /** Writes a program into their home; gives its path. */
  async write(name: string, text: string): Promise<string> {
    const path = `${this.home}/${name}`;
    await Deno.writeTextFile(path, text);
    return path;
  }
}

/** Runs a story with people, and the executable at a path with spaces. */
export async function withPeople(
  uids: readonly (number | undefined)[],
  story: (people: readonly Person[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd test " });
  try {
    await Deno.chmod(folder, 0o755);
    const executable = `${folder}/our ippd`;
    await Deno.copyFile(BUILT, executable);
    await Deno.chmod(executable, 0o755);
    const people = await Promise.all(uids.map(async (uid, index) => {
      const home = `${folder}/home ${index}`;
      await Deno.mkdir(home, { mode: 0o700 });
      if (uid !== undefined) await Deno.chown(home, uid, uid);
      return new Person(home, executable, uid);
    }));
    await story(people);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
