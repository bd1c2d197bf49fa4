/**
 * Tasks that may not run on this engine.
 *
 * @module
 */
import { isVariableName } from "../functions/mod.ts";

/** What a task needs is not here; another engine may have it. */
export class UnmetCondition extends Error {
  /** The class, as text. */
  override readonly name = "UnmetCondition";
}

/** What is asked of a slot about the needs of a task. */
export interface NeedsPlace {
  /** Whether the namespace has a name. */
  has(name: string): boolean;
  /** Imports a module. */
  load(specifier: string): Promise<unknown>;
}

/**
 * Checks that everything is there that a task needs.
 *
 * @param needs Names of the namespace, and specifiers of modules.
 * @throws {UnmetCondition} naming the first that is missing.
 */
export async function checkNeeds(
  needs: readonly string[],
  place: NeedsPlace,
): Promise<void> {
  for (const need of needs) {
    if (isVariableName(need)) {
      if (place.has(need)) continue;
      throw new UnmetCondition(`it needs ${need}, which is not defined`);
    }
    try {
      await place.load(need);
    } catch (thrown) {
      throw new UnmetCondition(
        `it needs ${need}, which cannot be imported: ${String(thrown)}`,
      );
    }
  }
}

/**
 * Makes a call depend on a condition that is asked right before.
 *
 * @returns A call that throws {@linkcode UnmetCondition} when the condition
 * gives a false value.
 */
export function onlyWhen(
  condition: () => unknown,
  call: () => unknown,
): () => unknown {
  const decide = (answer: unknown): unknown => {
    if (answer) return call();
    throw new UnmetCondition("its condition does not hold");
  };
  return () => {
    const answer = condition();
    return answer instanceof Promise ? answer.then(decide) : decide(answer);
  };
}
