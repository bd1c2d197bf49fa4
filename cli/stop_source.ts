/**
 * What asks a role to stop: signals, and the end of the process that started
 * it.
 *
 * @module
 */
import { systemClock } from "../base/mod.ts";
import { DETACH_LINE, PARENT_PIPE_VARIABLE } from "../cluster/process/mod.ts";
import { EXIT } from "./exit_codes.ts";
import type { Terminal } from "./terminal.ts";

/** Tells when to stop. */
export class StopSource implements Disposable {
  /** Settles with the reason when somebody asks. */
  readonly asked: Promise<string>;

  readonly #resolve: (reason: string) => void;
  readonly #handlers: (readonly [Deno.Signal, () => void])[] = [];
  readonly #waiting = new Set<(isAsked: boolean) => void>();
  #isAsked = false;
  #interrupts = 0;

  /**
   * Begins to listen. With a parent pipe SIGINT is left to the parent: a
   * terminal sends it to both, and the parent decides in which order things
   * end.
   */
  constructor(terminal: Terminal) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.asked = promise;
    void promise.then(() => {
      this.#isAsked = true;
      for (const wake of this.#waiting) wake(true);
    });
    this.#resolve = resolve;
    const hasParent = terminal.take(PARENT_PIPE_VARIABLE) === "1";
    this.#on("SIGTERM", () => resolve("SIGTERM"));
    this.#on("SIGINT", hasParent ? () => {} : () => this.#interrupted());
    if (hasParent) void this.#readParentPipe();
  }

  /** Waits for somebody to ask, for a while; whether somebody has. */
  async within(waitMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#isAsked) resolve(true);
    const timer = systemClock.setTimer(waitMs, () => resolve(false));
    // Not a race: `asked` would remember each of them for as long as it lives.
    this.#waiting.add(resolve);
    try {
      return await promise;
    } finally {
      timer.cancel();
      this.#waiting.delete(resolve);
    }
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers.splice(0)) {
      Deno.removeSignalListener(signal, handler);
    }
  }

  #on(signal: Deno.Signal, handler: () => void): void {
    Deno.addSignalListener(signal, handler);
    this.#handlers.push([signal, handler]);
  }

  #interrupted(): void {
    // Who asks twice does not want to wait.
    if (++this.#interrupts > 1) Deno.exit(EXIT.interrupted);
    this.#resolve("SIGINT");
  }

  async #readParentPipe(): Promise<void> {
    const buffer = new Uint8Array(256);
    let said = "";
    try {
      for (;;) {
        const count = await Deno.stdin.read(buffer);
        if (count === null) break;
        const text = new TextDecoder().decode(buffer.subarray(0, count));
        said = (said + text).slice(-DETACH_LINE.length);
      }
    } catch {
      // A pipe that breaks has ended as well.
    }
    if (said !== DETACH_LINE) {
      this.#resolve("the program that started it has ended");
      return;
    }
    // It belongs to nobody now, and to no terminal.
    if (Deno.build.os !== "windows") this.#on("SIGHUP", () => {});
  }
}
