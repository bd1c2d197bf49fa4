/**
 * A line between two processes that can be cut, silenced, slowed and closed.
 *
 * @module
 */

/** One connection through the line. */
class Connection {
  readonly #ends: readonly [Deno.TcpConn, Deno.TcpConn];
  readonly #line: TcpProxy;
  readonly #over = Promise.withResolvers<void>();
  /** Settles when both directions have ended. */
  readonly done: Promise<unknown>;
  #isSilent = false;
  #isOver = false;

  constructor(near: Deno.TcpConn, far: Deno.TcpConn, line: TcpProxy) {
    this.#ends = [near, far];
    this.#line = line;
    this.done = Promise.all([this.#carry(near, far), this.#carry(far, near)]);
  }

  /** Both ends stay open and hear nothing more. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Both ends hear that it is over; what is on its way is lost. */
  cut(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over.resolve();
    for (const end of this.#ends) end.close();
  }

  async #carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 << 10);
    try {
      for (;;) {
        const count = await from.read(buffer);
        // Nothing is read any more: the sender's buffers fill, as they do
        // when a cable has been pulled out.
        if (this.#isSilent) await this.#over.promise;
        if (count === null || this.#isOver) break;
        await this.#line.pause(count);
        if (this.#isSilent) await this.#over.promise;
        for (let sent = 0; sent < count && !this.#isOver;) {
          sent += await to.write(buffer.subarray(sent, count));
        }
      }
    } catch {
      // One of the ends has gone.
    }
    this.cut();
  }
}

/** Carries TCP connections to another port of this machine. */
export class TcpProxy implements AsyncDisposable {
  readonly #target: Deno.ConnectOptions;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Connection>();
  readonly #accepting: Promise<void>;
  /** How long each piece of up to 64 KiB takes, in milliseconds. */
  delayMs = 0;
  /** How much each direction carries; `Infinity` for as much as it can. */
  bytesPerSecond: number = Infinity;
  /** Whether new connections are closed at once. */
  isClosed = false;
  /** How many connections have been made so far. */
  made = 0;

  /** Listens for connections to an endpoint such as `tcp://host:port`. */
  constructor(endpoint: string) {
    const { hostname, port } = new URL(endpoint.replace("tcp:", "http:"));
    this.#target = { hostname, port: Number(port) };
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  /** Where to connect instead. */
  get endpoint(): string {
    return `tcp://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Ends every connection; gives how many there were. */
  cut(): number {
    const count = this.#connections.size;
    for (const connection of this.#connections) connection.cut();
    return count;
  }

  /** Connections of now stay open and carry nothing more. */
  silence(): void {
    for (const connection of this.#connections) connection.silence();
  }

  /** Waits as long as so many bytes take. */
  async pause(bytes: number): Promise<void> {
    const ms = this.delayMs + 1_000 * bytes / this.bytesPerSecond;
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    const all = [...this.#connections];
    this.cut();
    await Promise.all(all.map(({ done }) => done));
  }

  async #accept(): Promise<void> {
    const joining = new Set<Promise<void>>();
    try {
      for await (const near of this.#listener) {
        const join = this.#join(near).finally(() => joining.delete(join));
        joining.add(join);
      }
    } catch {
      // The listener is closed.
    }
    await Promise.all(joining);
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    let far: Deno.TcpConn;
    try {
      if (this.isClosed) throw new Error("the line is closed");
      far = await Deno.connect({ ...this.#target, transport: "tcp" });
    } catch {
      near.close();
      return;
    }
    near.setNoDelay();
    far.setNoDelay();
    this.made++;
    const connection = new Connection(near, far, this);
    this.#connections.add(connection);
    void connection.done.then(() => this.#connections.delete(connection));
  }
}
