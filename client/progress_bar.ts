/**
 * A bar on the terminal that shows how far a result is.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";

/** Where a bar is drawn. */
export interface ProgressTerminal {
  /** Whether somebody looks. */
  readonly isInteractive: boolean;
  /** Whether colours are wanted. */
  readonly hasColour: boolean;
  /** Characters in a line. */
  columns(): number;
  /** Writes text as it is. */
  write(text: string): void;
}

/** How far something is. */
export interface ProgressState {
  /** Tasks that have ended. */
  readonly ended: number;
  /** Tasks that failed. */
  readonly failed: number;
  /** Tasks so far. */
  readonly total: number;
  /** Whether more tasks may come. */
  readonly isOpen: boolean;
  /** Milliseconds since submission. */
  readonly elapsedMs: number;
}

/** Time between two drawings. */
const DRAW_INTERVAL_MS = 100;
const BAR_COLUMNS_MAX = 40;
/** Columns of a terminal that does not say how many it has. */
const COLUMNS_UNKNOWN = 80;

/** This process's terminal, which is where standard error goes. */
export function ownTerminal(): ProgressTerminal {
  const env = (name: string): string => {
    try {
      return Deno.env.get(name) ?? "";
    } catch {
      return "";
    }
  };
  return {
    isInteractive: env("IPPD_NONINTERACTIVE") === "" &&
      Deno.stderr.isTerminal(),
    hasColour: env("NO_COLOR") === "",
    columns: () => {
      try {
        // Terminals that nobody has given a size say 0.
        return Deno.consoleSize().columns || COLUMNS_UNKNOWN;
      } catch {
        return COLUMNS_UNKNOWN;
      }
    },
    write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
  };
}

/** One line that says how far something is. */
export function progressLine(
  state: ProgressState,
  columns: number,
  hasColour: boolean,
): string {
  const { ended, failed, total, isOpen, elapsedMs } = state;
  const seconds = `${(elapsedMs / 1000).toFixed(1)} s`;
  const failures = failed === 0 ? "" : `, ${failed} failed`;
  const count = `${ended}/${total}${isOpen ? "+" : ""}`;
  const words = ` ${count} tasks${failures}, ${seconds}`;
  const room = Math.min(BAR_COLUMNS_MAX, columns - words.length - 3);
  if (room < 4) return words.trim().slice(0, Math.max(0, columns - 1));
  const full = total === 0 ? (isOpen ? 0 : room) : room * ended / total;
  const filled = "#".repeat(Math.floor(full));
  const colour = failed > 0 ? "31" : "32";
  const shown = hasColour ? `\x1b[${colour}m${filled}\x1b[0m` : filled;
  return `[${shown}${".".repeat(room - filled.length)}]${words}`;
}

/**
 * Draws a bar until something is done. Draws nothing where nobody looks.
 *
 * @param whenDone Settles when it is done.
 */
export async function drawProgress(
  state: () => ProgressState,
  whenDone: Promise<void>,
  clock: Clock,
  terminal: ProgressTerminal,
): Promise<void> {
  if (!terminal.isInteractive) return await whenDone;
  const draw = (): void => {
    const line = progressLine(state(), terminal.columns(), terminal.hasColour);
    terminal.write(`\r\x1b[2K${line}`);
  };
  let timer: Timer | undefined;
  const tick = (): void => {
    draw();
    timer = clock.setTimer(DRAW_INTERVAL_MS, tick);
  };
  tick();
  await whenDone;
  timer?.cancel();
  draw();
  terminal.write("\n");
}
