/**
 * A foreign peer in a child process.
 *
 * @module
 */

/** Keys of a foreign socket, in Z85. */
export interface ForeignCurve {
  /** Whether the foreign socket is the CURVE server. */
  readonly server: boolean;
  /** Its secret key. */
  readonly secretKey: string;
  /** Its public key. */
  readonly publicKey: string;
  /** The key of the server, when it is the client. */
  readonly serverKey: string;
}

/** What a foreign socket is opened with. */
export interface ForeignSocketOptions {
  /** Its socket type. */
  readonly type: "ROUTER" | "DEALER";
  /** Whether it binds instead of connecting. */
  readonly bind: boolean;
  /** Where. */
  readonly endpoint: string;
  /** CURVE, or NULL when absent. */
  readonly curve?: ForeignCurve | undefined;
  /** Its heartbeat interval; timeout and time to live are four times that. */
  readonly heartbeatMs?: number;
  /** What its authenticator says to everyone, such as `400`. */
  readonly zapStatus?: string;
  /** Bytes of a message that it sends at once. */
  readonly send?: number;
}

/** A foreign socket that echoes. */
export interface ForeignSocket extends AsyncDisposable {
  /** Where it listens or connects. */
  readonly endpoint: string;
}

/** One way to run libzmq. */
export interface ForeignKind {
  /** For test names. */
  readonly name: string;
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

const FOLDER = import.meta.dirname ?? ".";
const NODE_PACKAGES = `${FOLDER}/../../.conformance`;

/** libzmq behind Debian's pyzmq and behind `zeromq` for Node. */
export const FOREIGN_KINDS: readonly ForeignKind[] = [
  {
    name: "pyzmq",
    command: "/usr/bin/python3",
    args: [`${FOLDER}/libzmq_peer.py`],
  },
  {
    name: "zeromq.js",
    command: "node",
    args: [`${FOLDER}/libzmq_peer.mjs`, NODE_PACKAGES],
  },
];

/** A process that opens foreign sockets on demand. */
export class LibzmqProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #nextId = 1;
  #text = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts one, or says why it cannot be. */
  static async start(kind: ForeignKind): Promise<LibzmqProcess | string> {
    try {
      const child = new Deno.Command(kind.command, {
        args: [...kind.args],
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const started = new LibzmqProcess(child);
      const hello = await started.#readLine();
      if (hello !== undefined) return started;
      await started[Symbol.asyncDispose]();
      return `${kind.name} is not installed`;
    } catch (error) {
      return `${kind.name} does not start: ${String(error)}`;
    }
  }

  /** Opens a foreign socket. */
  async open(options: ForeignSocketOptions): Promise<ForeignSocket> {
    const id = this.#nextId++;
    const { endpoint } = await this.#order({ id, do: "open", ...options });
    return {
      endpoint: String(endpoint),
      [Symbol.asyncDispose]: async () => {
        await this.#order({ id, do: "close" });
      },
    };
  }

  /** Sends the process a signal. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#input.abort().catch(() => {});
    while (await this.#readLine() !== undefined);
    await this.#child.status;
  }

  async #order(order: unknown): Promise<Record<string, unknown>> {
    const text = `${JSON.stringify(order)}\n`;
    await this.#input.write(new TextEncoder().encode(text));
    const answer = await this.#readLine();
    if (answer === undefined) throw new Error("Cannot order: the peer ended");
    return JSON.parse(answer);
  }

  async #readLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#lines.read();
      if (done) return undefined;
      this.#text += value;
    }
  }
}
