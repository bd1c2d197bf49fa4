/**
 * What has been submitted, what ran, and what came of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { TaskOutcome } from "../../messages/mod.ts";

interface Asked {
  readonly client: string;
  outcome: TaskOutcome | undefined;
}

/** Finds whatever is wrong with an outcome. */
export class TaskLedger {
  readonly #asked = new Map<string, Asked>();
  readonly #runs = new Map<string, number>();

  /** How many tasks were submitted. */
  get size(): number {
    return this.#asked.size;
  }

  /** A client submits a task. */
  asked(id: string, client: string): void {
    this.#asked.set(id, { client, outcome: undefined });
  }

  /** An engine begins to run one. */
  ran(id: string): void {
    this.#runs.set(id, (this.#runs.get(id) ?? 0) + 1);
  }

  /** Tasks of one request of a client that have not ended. */
  openOf(client: string): string[] {
    return [...this.#asked].filter(([id, one]) =>
      one.client === client && one.outcome === undefined && !id.includes(".")
    ).map(([id]) => id);
  }

  /** Everything that has not ended. */
  get open(): string[] {
    return [...this.#asked].filter(([, { outcome }]) => outcome === undefined)
      .map(([id]) => id);
  }

  /** A client hears of an outcome. */
  heard(
    client: string,
    outcome: TaskOutcome,
    payload: readonly Uint8Array[],
  ): void {
    const asked = this.#asked.get(outcome.id);
    assert.equal(asked?.client, client, `${outcome.id} given to another`);
    if (asked === undefined || asked.outcome !== undefined) return;
    asked.outcome = outcome;
    const runs = this.#runs.get(outcome.id) ?? 0;
    if (outcome.status === "ok") {
      const value = new TextDecoder().decode(payload[0]);
      assert.equal(value, outcome.id, "a wrong value");
      assert.ok(runs > 0);
    }
    const { attempts = 1 } = outcome;
    assert.ok(
      runs <= 1 || attempts > 1,
      `${outcome.id} ran ${runs} times and says ${attempts}`,
    );
  }
}
