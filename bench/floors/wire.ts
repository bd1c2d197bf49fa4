/**
 * Bytes between processes, with nothing around the runtime's own calls.
 *
 * @module
 */

/** How two processes of a floor are connected. */
export type Wire = "tcp" | "unix";

/** Where a process of a floor waits for connections. */
export interface Listening {
  /** What the others connect to. */
  readonly address: string;
  /** The next connection. */
  accept(): Promise<Deno.Conn>;
  /** Takes no more, and leaves nothing on the disk. */
  close(): void;
}

/** Reads the name of a wire. */
export function parseWire(text: string | undefined): Wire {
  if (text === "tcp" || text === "unix") return text;
  throw new Error(`Cannot use a wire of the name ${text}`);
}

/** Waits for connections at a free place of this machine. */
export function listen(wire: Wire): Listening {
  if (wire === "unix") {
    const folder = Deno.makeTempDirSync({ prefix: "ippd-floor-" });
    const path = `${folder}/s`;
    const listener = Deno.listen({ transport: "unix", path });
    return {
      address: path,
      accept: () => listener.accept(),
      close() {
        listener.close();
        Deno.removeSync(folder, { recursive: true });
      },
    };
  }
  const listener = Deno.listen({
    hostname: "127.0.0.1",
    port: 0,
    tcpBacklog: 4096,
  });
  return {
    address: String(listener.addr.port),
    async accept() {
      const conn = await listener.accept();
      conn.setNoDelay(true);
      return conn;
    },
    close: () => listener.close(),
  };
}

/** Connects to where another process listens. */
export async function connect(address: string): Promise<Deno.Conn> {
  if (address.startsWith("/")) {
    return await Deno.connect({ transport: "unix", path: address });
  }
  const conn = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(address),
  });
  conn.setNoDelay(true);
  return conn;
}

/** Writes everything. */
export async function writeAll(
  conn: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += await conn.write(
      written === 0 ? bytes : bytes.subarray(written),
    );
  }
}

/** Fills a buffer; `false` when the connection ends before. */
export async function readFull(
  conn: Deno.Conn,
  bytes: Uint8Array,
): Promise<boolean> {
  let filled = 0;
  while (filled < bytes.length) {
    const count = await conn.read(
      filled === 0 ? bytes : bytes.subarray(filled),
    );
    if (count === null) return false;
    filled += count;
  }
  return true;
}

/** Reads messages of one size: as many as there are, into one buffer. */
export class BatchReader {
  readonly #conn: Deno.Conn;
  readonly #size: number;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  /** Where the bytes begin and end that have not been handed out. */
  #start = 0;
  #end = 0;

  /** Has room for a number of messages of so many bytes. */
  constructor(conn: Deno.Conn, size: number, room: number) {
    this.#conn = conn;
    this.#size = size;
    this.#buffer = new Uint8Array(size * room);
  }

  /**
   * Whole messages, one behind the other, until the next call; nothing once
   * the connection has ended.
   */
  async read(): Promise<Uint8Array> {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    while (this.#end < this.#size) {
      const count = await this.#conn.read(this.#buffer.subarray(this.#end));
      if (count === null) return this.#buffer.subarray(0, 0);
      this.#end += count;
    }
    this.#start = this.#end - this.#end % this.#size;
    return this.#buffer.subarray(0, this.#start);
  }
}
