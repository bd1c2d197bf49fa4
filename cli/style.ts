/**
 * Colours of a terminal, and how wide a text is there.
 *
 * @module
 */

/** Puts texts in colours, or leaves them as they are. */
export interface Style {
  /** A heading. */
  heading(text: string): string;
  /** What matters less. */
  faint(text: string): string;
  /** All is well. */
  good(text: string): string;
  /** Something goes on. */
  busy(text: string): string;
  /** Somebody should look. */
  warning(text: string): string;
  /** Something failed. */
  bad(text: string): string;
}

function same(text: string): string {
  return text;
}

/** No colours at all. */
export const PLAIN: Style = {
  heading: same,
  faint: same,
  good: same,
  busy: same,
  warning: same,
  bad: same,
};

function painted(code: number): (text: string) => string {
  return (text) => text === "" ? "" : `\x1b[${code}m${text}\x1b[0m`;
}

/** The first colours of every terminal, which suit dark and light ones. */
export const COLOURED: Style = {
  heading: painted(1),
  faint: painted(2),
  good: painted(32),
  busy: painted(36),
  warning: painted(33),
  bad: painted(31),
};

/** How a task of a status looks. */
export function statusStyle(
  status: string,
  style: Style,
): (text: string) => string {
  switch (status) {
    case "ok":
      return style.good;
    case "running":
      return style.busy;
    case "queued":
      return style.faint;
    case "cancelled":
    case "timed_out":
    case "unmet":
      return style.warning;
    default:
      return style.bad;
  }
}

// deno-lint-ignore no-control-regex -- colours are such characters
const PAINT = /\x1b\[[\d;]*m/g;
/** Characters that take two columns, and those that take none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NONE = /[\p{Mark}\u200b-\u200f\ufe0f]/u;

/** How many columns a text takes. */
export function textWidth(text: string): number {
  // Nearly every text is of plain characters.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text.replaceAll(PAINT, "")) {
    width += characterWidth(character);
  }
  return width;
}

function characterWidth(character: string): number {
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** As much of a line as fits; colours are ended where it is cut. */
export function cutLine(line: string, columns: number): string {
  if (textWidth(line) <= columns) return line;
  let cut = "";
  let width = 0;
  // deno-lint-ignore no-control-regex -- colours are such characters
  for (const piece of line.split(/(\x1b\[[\d;]*m)/)) {
    if (piece.startsWith("\x1b[")) {
      cut += piece;
      continue;
    }
    for (const character of piece) {
      width += characterWidth(character);
      if (width > columns) return cut.includes("\x1b[") ? `${cut}\x1b[0m` : cut;
      cut += character;
    }
  }
  return cut;
}
