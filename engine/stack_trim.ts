/**
 * Stacks as users should see them: their own frames, without ours.
 *
 * @module
 */
import { SOURCE_URL_PREFIX } from "../functions/mod.ts";

/**
 * Removes the frames below the last one of shipped code, and the second name
 * that V8 gives to evaluated scripts. A stack without shipped code keeps its
 * message only.
 */
export function trimStack(stack: string): string {
  const lines = stack.split("\n");
  let last = -1;
  let firstFrame = lines.length;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (!/^\s+at /.test(line)) continue;
    firstFrame = Math.min(firstFrame, index);
    if (line.includes(SOURCE_URL_PREFIX) && !line.includes("ippd:evaluator")) {
      last = index;
    }
  }
  return lines.slice(0, last === -1 ? firstFrame : last + 1).join("\n")
    .replaceAll(/\((ippd:[\w-]+), <anonymous>:/g, "($1:")
    .replaceAll(/at (ippd:[\w-]+), <anonymous>:/g, "at $1:");
}
