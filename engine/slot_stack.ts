/**
 * Looks at the code that runs in a slot process, without disturbing it.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import { FRAME_LENGTH_MAX } from "../messages/mod.ts";
import type { InspectorSession } from "./inspector_session.ts";
import type { SlotInspector } from "./slot_inspector.ts";

/** Most frames of one stack. */
export const STACK_FRAMES_MAX = 64;

/** How long connecting and leaving may take, besides the looking. */
const SESSION_EXTRA_MS = 1_000;

/** Where our own frames come from. */
const OWN_FOLDER = new URL(".", import.meta.url).href;

/** What somebody saw who looked. */
export interface StackSight {
  /** Whether code ran, waited, or could not be seen. */
  readonly state: "running" | "waiting" | "unknown";
  /** Its frames, the innermost first. */
  readonly frames: readonly string[];
}

const UNKNOWN: StackSight = { state: "unknown", frames: [] };
const WAITING: StackSight = { state: "waiting", frames: [] };

/**
 * The frames of the code that runs. It is paused for a moment; what waits is
 * left alone.
 *
 * @param lookMs How long to wait for code that runs.
 */
export function lookAtStack(
  inspector: SlotInspector,
  lookMs: number,
  clock: Clock,
): Promise<StackSight> {
  const scripts = new Map<unknown, string>();
  const paused = Promise.withResolvers<unknown>();
  const look = async (session: InspectorSession): Promise<StackSight> => {
    const timer = clock.setTimer(lookMs, () => paused.resolve(undefined));
    try {
      await session.call("Debugger.enable");
      await session.call("Debugger.pause");
      const seen = await paused.promise;
      // Also forgets a pause that has not come about.
      await session.call("Debugger.disable");
      const frames = readFrames(seen, scripts);
      // What was met may also be our own code between two tasks.
      return frames.length === 0 ? WAITING : { state: "running", frames };
    } finally {
      timer.cancel();
    }
  };
  return inspector.inSession(
    lookMs + SESSION_EXTRA_MS,
    look,
    UNKNOWN,
    (method, params) => {
      if (method === "Debugger.scriptParsed") {
        const url = field(params, "url");
        if (typeof url === "string") {
          scripts.set(field(params, "scriptId"), url);
        }
      } else if (method === "Debugger.paused") {
        paused.resolve(field(params, "callFrames"));
      }
    },
  );
}

/** The user's frames, as text. */
function readFrames(
  frames: unknown,
  scripts: ReadonlyMap<unknown, string>,
): string[] {
  const texts: string[] = [];
  if (!Array.isArray(frames)) return texts;
  for (const frame of frames) {
    const location = field(frame, "location");
    const url = scripts.get(field(location, "scriptId")) ?? "";
    if (url.startsWith(OWN_FOLDER) || texts.length === STACK_FRAMES_MAX) break;
    if (url === "" || /^(?:ext|node):/.test(url)) continue;
    const line = Number(field(location, "lineNumber")) + 1;
    const column = Number(field(location, "columnNumber")) + 1;
    const name = String(field(frame, "functionName"));
    const place = `${url}:${line}:${column}`;
    const isNamed = name !== "" && name !== "eval";
    const text = isNamed ? `${name} (${place})` : place;
    texts.push(text.slice(0, FRAME_LENGTH_MAX));
  }
  return texts;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Reflect.get(value, name)
    : undefined;
}
