/**
 * What has been submitted, what ran, and what came of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { TaskOutcome } from "../../messages/mod.ts";

interface Asked {
  readonly client: string;
  isCancelled: boolean;
}

/** Finds whatever is wrong with an outcome. */
export class TaskLedger {
  /** Tasks that have not ended. */
  readonly #open = new Map<string, Asked>();
  readonly #ended = new Map<string, Asked>();
  readonly #runs = new Map<string, number>();
  /** Tasks that ran once at most and say that it may have been more. */
  doubted = 0;

  /** How many tasks were submitted. */
  get size(): number {
    return this.#open.size + this.#ended.size;
  }

  /** A client submits a task. */
  asked(id: string, client: string): void {
    this.#open.set(id, { client, isCancelled: false });
  }

  /** A client does not want one any more. */
  cancelled(id: string): void {
    const asked = this.#open.get(id);
    if (asked !== undefined) asked.isCancelled = true;
  }

  /** An engine begins to run one. */
  ran(id: string): void {
    this.#runs.set(id, (this.#runs.get(id) ?? 0) + 1);
  }

  /** Tasks of one request of a client that have not ended. */
  openOf(client: string): string[] {
    return [...this.#open].filter(([id, one]) =>
      one.client === client && !id.includes(".")
    ).map(([id]) => id);
  }

  /** Everything that has not ended. */
  get open(): string[] {
    return [...this.#open.keys()];
  }

  /** A client hears of an outcome. */
  heard(
    client: string,
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
  ): void {
    const { id } = outcome;
    const asked = this.#open.get(id) ?? this.#ended.get(id);
    assert.equal(asked?.client, client, `${id} given to another`);
    if (asked === undefined || !this.#open.delete(id)) return;
    this.#ended.set(id, asked);
    const runs = this.#runs.get(id) ?? 0;
    if (outcome.status === "ok") {
      const value = new TextDecoder().decode(payload[0]);
      assert.equal(value, id, "a wrong value");
      assert.ok(runs > 0);
    }
    assert.ok(
      outcome.status !== "cancelled" || asked.isCancelled,
      `${id} was cancelled by nobody: ${outcome.reason}`,
    );
    const { attempts = 1 } = outcome;
    assert.ok(
      runs <= 1 || attempts > 1,
      `${id} ran ${runs} times and says ${attempts}`,
    );
    if (runs <= 1 && attempts > 1) this.doubted++;
  }
}
