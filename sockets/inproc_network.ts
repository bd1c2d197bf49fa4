/**
 * A network inside the process, for simulations and tests.
 *
 * @module
 */
import { ConnectionError, Deque, EMPTY_BYTES } from "../base/mod.ts";
import { parseEndpoint, tcpEndpoint } from "./endpoint.ts";
import type { ByteStream, Listener, Network } from "./network.ts";

/** Bytes that one direction of a stream holds before a write waits. */
const PIPE_BYTES_MAX = 256 * 1024;

/** What a pipe keeps when it is empty: there may be thousands that are. */
const RING_BYTES_MIN = 1024;
/** Streams that wait to be accepted before a connect is refused. */
const BACKLOG_MAX = 4096;
const FIRST_FREE_PORT = 49_152;

/**
 * Makes a network of its own: what listens in it is found only in it. Any
 * endpoint is a mere name there, so `tcp://` and `ipc://` work as well, and
 * no permissions are needed.
 */
export function createInprocNetwork(): Network {
  const listeners = new Map<string, InprocListener>();
  let nextPort = FIRST_FREE_PORT;
  let nextClient = 1;
  return {
    listen(endpoint) {
      const place = parseEndpoint(endpoint);
      const name = place.kind === "tcp" && place.port === 0
        ? tcpEndpoint(place.hostname, nextPort++)
        : endpoint;
      if (listeners.has(name)) {
        return Promise.reject(
          new ConnectionError(
            `Cannot listen on ${name}: the address is in use`,
          ),
        );
      }
      const listener = new InprocListener(
        name,
        () => listeners.delete(name),
      );
      listeners.set(name, listener);
      return Promise.resolve(listener);
    },
    connect(endpoint, signal) {
      parseEndpoint(endpoint);
      const listener = listeners.get(endpoint);
      if (signal.aborted || listener === undefined || listener.full) {
        return Promise.reject(
          new ConnectionError(
            `Cannot connect to ${endpoint}: ${
              signal.aborted
                ? "the attempt was given up"
                : "nobody listens there"
            }`,
          ),
        );
      }
      const [near, far] = createStreamPair(
        endpoint,
        `inproc://client:${nextClient++}`,
      );
      listener.offer(far);
      return Promise.resolve(near);
    },
  };
}

/**
 * Two ends of one stream.
 *
 * @param farAddress What the first end says about the second.
 * @param nearAddress What the second end says about the first.
 */
export function createStreamPair(
  farAddress: string,
  nearAddress: string,
): [near: ByteStream, far: ByteStream] {
  const there = new Pipe();
  const back = new Pipe();
  return [
    new InprocStream(farAddress, back, there),
    new InprocStream(nearAddress, there, back),
  ];
}

class InprocListener implements Listener {
  readonly endpoint: string;
  readonly #onClose: () => void;
  readonly #waiting = new Deque<ByteStream>();
  #acceptor: PromiseWithResolvers<ByteStream> | undefined;
  #closed = false;

  constructor(endpoint: string, onClose: () => void) {
    this.endpoint = endpoint;
    this.#onClose = onClose;
  }

  get full(): boolean {
    return this.#waiting.length >= BACKLOG_MAX;
  }

  offer(stream: ByteStream): void {
    const acceptor = this.#acceptor;
    if (acceptor === undefined) this.#waiting.push(stream);
    else {
      this.#acceptor = undefined;
      acceptor.resolve(stream);
    }
  }

  accept(): Promise<ByteStream> {
    if (this.#closed) return Promise.reject(closedError());
    const stream = this.#waiting.shift();
    if (stream !== undefined) return Promise.resolve(stream);
    this.#acceptor = Promise.withResolvers<ByteStream>();
    return this.#acceptor.promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    for (const stream of this.#waiting) stream.close();
    this.#waiting.clear();
    this.#acceptor?.reject(closedError());
    this.#acceptor = undefined;
  }
}

class InprocStream implements ByteStream {
  readonly address: string;
  readonly #input: Pipe;
  readonly #output: Pipe;

  constructor(address: string, input: Pipe, output: Pipe) {
    this.address = address;
    this.#input = input;
    this.#output = output;
  }

  read(target: Uint8Array): Promise<number | null> {
    return this.#input.read(target);
  }

  write(source: Uint8Array): Promise<number> {
    return this.#output.write(source);
  }

  close(): void {
    this.#input.abandon();
    this.#output.finish();
  }
}

interface PendingRead {
  readonly target: Uint8Array;
  readonly settled: PromiseWithResolvers<number | null>;
}

interface PendingWrite {
  readonly source: Uint8Array;
  readonly settled: PromiseWithResolvers<number>;
}

/** One direction of a stream: a bounded ring of bytes. */
class Pipe {
  #ring = EMPTY_BYTES;
  #head = 0;
  #length = 0;
  #finished = false;
  #abandoned = false;
  #reader: PendingRead | undefined;
  #writer: PendingWrite | undefined;

  read(target: Uint8Array): Promise<number | null> {
    if (this.#abandoned) return Promise.reject(closedError());
    if (this.#length > 0) {
      const count = this.#takeInto(target);
      this.#letWriterGoOn();
      return Promise.resolve(count);
    }
    if (this.#finished) return Promise.resolve(null);
    const settled = Promise.withResolvers<number | null>();
    this.#reader = { target, settled };
    return settled.promise;
  }

  write(source: Uint8Array): Promise<number> {
    if (this.#finished || this.#abandoned) return Promise.reject(brokenError());
    if (this.#length === PIPE_BYTES_MAX) {
      const settled = Promise.withResolvers<number>();
      this.#writer = { source, settled };
      return settled.promise;
    }
    return Promise.resolve(this.#put(source));
  }

  /** The writing end is closed: what is there can still be read. */
  finish(): void {
    this.#finished = true;
    this.#writer?.settled.reject(closedError());
    this.#writer = undefined;
    this.#reader?.settled.resolve(null);
    this.#reader = undefined;
  }

  /** The reading end is closed: nobody will take what is there. */
  abandon(): void {
    this.#abandoned = true;
    this.#reader?.settled.reject(closedError());
    this.#reader = undefined;
    this.#writer?.settled.reject(brokenError());
    this.#writer = undefined;
    this.#length = 0;
    this.#ring = EMPTY_BYTES;
  }

  #put(source: Uint8Array): number {
    const count = this.#append(source);
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.settled.resolve(this.#takeInto(reader.target));
    }
    return count;
  }

  #append(source: Uint8Array): number {
    const count = Math.min(source.byteLength, PIPE_BYTES_MAX - this.#length);
    const ring = this.#ringFor(this.#length + count);
    const tail = (this.#head + this.#length) % ring.byteLength;
    const first = Math.min(count, ring.byteLength - tail);
    ring.set(source.subarray(0, first), tail);
    ring.set(source.subarray(first, count), 0);
    this.#length += count;
    return count;
  }

  #takeInto(target: Uint8Array): number {
    const ring = this.#ring;
    const count = Math.min(target.byteLength, this.#length);
    const first = Math.min(count, ring.byteLength - this.#head);
    target.set(ring.subarray(this.#head, this.#head + first));
    target.set(ring.subarray(0, count - first), first);
    this.#length -= count;
    this.#head = (this.#head + count) % ring.byteLength;
    if (this.#length === 0) {
      this.#head = 0;
      if (ring.byteLength > RING_BYTES_MIN) this.#ring = EMPTY_BYTES;
    }
    return count;
  }

  /** A ring with room for so many bytes, and what is in the pipe in it. */
  #ringFor(bytes: number): Uint8Array {
    const old = this.#ring;
    if (bytes <= old.byteLength) return old;
    let size = RING_BYTES_MIN;
    while (size < bytes) size *= 2;
    const length = this.#length;
    const ring = new Uint8Array(size);
    if (length > 0) this.#takeInto(ring);
    this.#length = length;
    this.#head = 0;
    this.#ring = ring;
    return ring;
  }

  #letWriterGoOn(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    writer.settled.resolve(this.#append(writer.source));
  }
}

function closedError(): ConnectionError {
  return new ConnectionError("Cannot use stream: it is closed");
}

function brokenError(): ConnectionError {
  return new ConnectionError("Cannot write: the other end is closed");
}
