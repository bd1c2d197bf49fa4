/**
 * Waiting for what real processes do in their own time.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Waits until something holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadlineMs, "waited too long");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
