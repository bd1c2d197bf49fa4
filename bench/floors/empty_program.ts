/**
 * Programs that do nothing but say by a Unix socket that they are there.
 *
 * @module
 */
import { listen, type Listening } from "./wire.ts";

/** What an empty program has besides nothing. */
export interface EmptyOptions {
  /** Flags of the runtime. */
  readonly flags?: readonly string[];
  /** Modules of the runtime that it imports. */
  readonly imports?: readonly string[];
}

/** Says one byte, and ends with the connection. */
const SAY = `
const conn = await Deno.connect({ transport: "unix", path: Deno.args[0] });
await conn.write(new Uint8Array(1));
await conn.read(new Uint8Array(1));
`;

/** First starts another program like itself, and says so once that is there. */
const SAY_FOR_TWO = `
const [path, flags, program] = Deno.args;
const own = path + Deno.pid;
const listener = Deno.listen({ transport: "unix", path: own });
const other = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", ...JSON.parse(flags), program, own],
  stdin: "null",
  stdout: "null",
  stderr: "null",
}).spawn();
const child = await listener.accept();
Deno.removeSync(own);
await child.read(new Uint8Array(1));
${SAY}
child.close();
await other.status;
`;

/** Starts empty programs; they end when this is disposed. */
export class EmptyPrograms implements AsyncDisposable {
  readonly #folder: string = Deno.makeTempDirSync({ prefix: "ippd-floor-" });
  readonly #listening: Listening = listen("unix");
  readonly #children: Deno.ChildProcess[] = [];
  readonly #conns: Deno.Conn[] = [];

  /** Starts one, and settles with its process id once it has said a byte. */
  async start({ flags = [], imports = [] }: EmptyOptions): Promise<number> {
    const program = this.#file(SAY, imports);
    const pid = this.#spawn([...flags, program]);
    await this.#hear();
    return pid;
  }

  /** Starts pairs all at once: an engine each, which starts its slot. */
  async startPairs(
    pairs: number,
    engine: EmptyOptions,
    slot: EmptyOptions,
  ): Promise<void> {
    const first = this.#file(SAY_FOR_TWO, engine.imports);
    const second = this.#file(SAY, slot.imports);
    const flags = JSON.stringify(slot.flags ?? []);
    for (let pair = 0; pair < pairs; pair++) {
      this.#spawn([...engine.flags ?? [], first], flags, second);
    }
    for (let pair = 0; pair < pairs; pair++) await this.#hear();
  }

  /** Ends every program, by the end of its connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening.close();
    for (const conn of this.#conns) conn.close();
    await Promise.all(this.#children.map((child) => child.status));
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Writes a program; the same one has the same place. */
  #file(body: string, imports: readonly string[] = []): string {
    const name = [body === SAY ? "say" : "say_for_two", ...imports].join("_");
    const path = `${this.#folder}/${name.replaceAll(":", "_")}.js`;
    const lines = imports.map((module) => `import "${module}";\n`);
    Deno.writeTextFileSync(path, lines.join("") + body);
    return path;
  }

  #spawn(words: readonly string[], ...args: readonly string[]): number {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...words, this.#listening.address, ...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#children.push(child);
    return child.pid;
  }

  async #hear(): Promise<void> {
    const conn = await this.#listening.accept();
    this.#conns.push(conn);
    await conn.read(new Uint8Array(1));
  }
}
