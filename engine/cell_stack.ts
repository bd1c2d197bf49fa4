/**
 * Stacks of cells as users should see them.
 *
 * @module
 */
import { SOURCE_URL_PREFIX } from "../functions/mod.ts";
import { trimStack } from "./stack_trim.ts";

/** Where our own frames come from: all that a slot's process loads. */
const OWN_FOLDERS: readonly string[] = [
  ".",
  "../messages/",
  "../functions/",
  "../channels/",
].map((folder) => new URL(folder, import.meta.url).href);

const INTERNAL_FRAME = /\b(?:ext|node):|\(<anonymous>\)$/;

/**
 * Removes the frames that are not the user's. The code at the top of a cell
 * is in no function: V8's name `eval` for it goes. What a module threw that
 * no cell called, such as one being imported, keeps the module's frames.
 */
export function trimCellStack(stack: string): string {
  if (!stack.includes(`(${SOURCE_URL_PREFIX}`)) return keepModuleFrames(stack);
  return trimStack(stack)
    .replaceAll(/at (async )?eval \((ippd:[\w-]+:\d+:\d+)\)/g, "at $1$2");
}

function keepModuleFrames(stack: string): string {
  const lines = stack.split("\n");
  const isFrame = (line: string): boolean => /^\s+at /.test(line);
  const ours = lines.findIndex((line) =>
    isFrame(line) && OWN_FOLDERS.some((folder) => line.includes(folder))
  );
  return lines.slice(0, ours === -1 ? undefined : ours)
    .filter((line) => !isFrame(line) || !INTERNAL_FRAME.test(line))
    .join("\n");
}
