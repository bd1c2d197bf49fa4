/**
 * Results as HTML, for notebooks. Pure: what is known goes in, text comes
 * out, and nothing that engines said becomes markup by accident.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import type { MimeBundle } from "../messages/mod.ts";
import { bytesText } from "./notebook.ts";

/** Rows of a table; of more, only the number is shown. */
export const DISPLAY_ROWS_MAX = 100;
/** Characters of one value. */
export const DISPLAY_VALUE_LENGTH_MAX = 2_000;
/** Characters of the output of one engine: its end. */
export const DISPLAY_OUTPUT_LENGTH_MAX: number = 64 << 10;
/** Characters of images and the like in one table. */
export const DISPLAY_MEDIA_LENGTH_MAX: number = 16 << 20;

/** One task in a table. */
export interface DisplayRow {
  /** The engine that runs or ran it, where that is known. */
  readonly engineId: number | undefined;
  /** How it is. */
  readonly status: string;
  /** How long its code ran, in milliseconds. */
  readonly durationMs: number | undefined;
  /** Its value or its error, as text; absent, there is none yet. */
  readonly value: string | undefined;
  /** Its value, where that is something to look at. */
  readonly bundle?: MimeBundle | undefined;
  /** What it displayed. */
  readonly displays: readonly MimeBundle[];
}

/** What one engine wrote. */
export interface EngineOutput {
  /** The engine. */
  readonly engineId: number;
  /** What it wrote to standard output. */
  readonly stdout: string;
  /** What it wrote to standard error. */
  readonly stderr: string;
}

/** How far a result is. */
export interface DisplayProgress {
  /** Tasks that have ended. */
  readonly ended: number;
  /** Tasks so far. */
  readonly total: number;
  /** Whether more may come. */
  readonly isOpen: boolean;
  /** Tasks that failed. */
  readonly failed: number;
  /** Milliseconds since submission. */
  readonly elapsedMs: number;
  /** What engines say about tasks that run. */
  readonly tasks: readonly TaskBar[];
}

/** How far one task is. */
export interface TaskBar {
  /** The engine that runs it. */
  readonly engineId: number | undefined;
  /** How much is done. */
  readonly done: number;
  /** How much there is to do. */
  readonly total: number;
  /** What it is doing. */
  readonly message?: string | undefined;
}

const PRE = "margin:0;white-space:pre-wrap;text-align:left";
const CELL = "text-align:left;vertical-align:top";
const BAD = "color:var(--jp-error-color1,#c62828)";

/** A text as HTML that shows it. */
export function escapeHtml(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** A table with a row for each task. */
export function tableHtml(rows: readonly DisplayRow[]): string {
  const media = new MediaBudget();
  const shown = rows.slice(0, DISPLAY_ROWS_MAX).map((row) => {
    const { engineId, status, durationMs } = row;
    const style = status === "ok" || status === "pending" ? "" : `;${BAD}`;
    return `<tr><td style="${CELL}">${engineId ?? ""}</td>` +
      `<td style="${CELL}${style}">${escapeHtml(status)}</td>` +
      `<td style="${CELL}">${durationText(durationMs)}</td>` +
      `<td style="${CELL}">${valueHtml(row, media)}</td></tr>`;
  });
  const more = rows.length - shown.length;
  if (more > 0) {
    shown.push(`<tr><td colspan="4">and ${more} more</td></tr>`);
  }
  const head = ["engine", "status", "time", "value"]
    .map((name) => `<th style="${CELL}">${name}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead>` +
    `<tbody>${shown.join("")}</tbody></table>`;
}

/** A line for each task. */
export function rowText(rows: readonly DisplayRow[]): string {
  const shown = rows.slice(0, DISPLAY_ROWS_MAX).map((row) => {
    const { engineId = "?", status, value = "" } = row;
    return `engine ${engineId}: ${status} ${cutText(value)}`.trimEnd();
  });
  const more = rows.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}

function valueHtml(row: DisplayRow, media: MediaBudget): string {
  const parts = row.displays.map((bundle) => media.html(bundle));
  if (row.bundle !== undefined) parts.push(media.html(row.bundle));
  else if (row.value !== undefined) {
    parts.push(`<pre style="${PRE}">${escapeHtml(cutText(row.value))}</pre>`);
  }
  return parts.join("");
}

/** The start of a text, and how much more there is. */
export function cutText(text: string): string {
  const rest = text.length - DISPLAY_VALUE_LENGTH_MAX;
  return rest <= 0
    ? text
    : `${text.slice(0, DISPLAY_VALUE_LENGTH_MAX)}… ${rest} more characters`;
}

/** Shows images and the like until there are too many. */
class MediaBudget {
  #room = DISPLAY_MEDIA_LENGTH_MAX;

  html(bundle: MimeBundle): string {
    const html = bundleHtml(bundle);
    if (html.length > this.#room) return "<i>too large to show here</i>";
    this.#room -= html.length;
    return html;
  }
}

/** The richest of a bundle's representations that fits into HTML. */
export function bundleHtml(bundle: MimeBundle): string {
  const html = textOf(bundle, "text/html");
  if (html !== undefined) return `<div>${html}</div>`;
  const svg = textOf(bundle, "image/svg+xml");
  // As an image it is drawn, and none of its scripts run.
  if (svg !== undefined) {
    return image("image/svg+xml", new TextEncoder().encode(svg).toBase64());
  }
  for (const type of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    const data = textOf(bundle, type);
    if (data !== undefined) return image(type, data);
  }
  const text = textOf(bundle, "text/markdown") ?? textOf(bundle, "text/plain");
  const shown = text ?? `shown as ${Object.keys(bundle).join(", ")}`;
  return `<pre style="${PRE}">${escapeHtml(cutText(shown))}</pre>`;
}

/** Whether only a notebook itself can show a bundle, such as a plot. */
export function needsNotebook(bundle: MimeBundle): boolean {
  const types = Object.keys(bundle);
  return types.some((type) =>
    /^application\/(?!json$)|^text\/latex$/.test(type)
  ) &&
    !types.some((type) => /^image\/|^text\/html$/.test(type));
}

function textOf(bundle: MimeBundle, type: string): string | undefined {
  const value = bundle[type];
  if (value instanceof Uint8Array) return bytesText(type, value);
  return typeof value === "string" ? value : undefined;
}

function image(type: string, base64: string): string {
  const data = escapeHtml(base64.replaceAll(/\s/g, ""));
  return `<img alt="" src="data:${type};base64,${data}">`;
}

/** What engines wrote, each below its name. */
export function outputHtml(outputs: readonly EngineOutput[]): string {
  const blocks = outputs.slice(0, DISPLAY_ROWS_MAX).map((output) =>
    `<div><b>engine ${output.engineId}</b>` +
    streamHtml(output.stdout, "") + streamHtml(output.stderr, `;${BAD}`) +
    "</div>"
  );
  const more = outputs.length - blocks.length;
  if (more > 0) blocks.push(`<div>and output of ${more} more engines</div>`);
  return blocks.join("");
}

function streamHtml(text: string, style: string): string {
  return text === ""
    ? ""
    : `<pre style="${PRE}${style}">${escapeHtml(text.trimEnd())}</pre>`;
}

/** What engines wrote, as a text. */
export function outputText(outputs: readonly EngineOutput[]): string {
  return outputs.flatMap(({ engineId, stdout, stderr }) => {
    const text = `${lines(stdout)}${lines(stderr)}`;
    return text === "" ? [] : [`[engine ${engineId}]\n${text}`];
  }).join("");
}

function lines(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** A bar for the result, and one for each task that tells how far it is. */
export function progressHtml(progress: DisplayProgress): string {
  const { ended, total, tasks } = progress;
  const bars = tasks.slice(0, DISPLAY_ROWS_MAX).map((task) =>
    `<div><small>engine ${task.engineId ?? "?"} ${bar(task.done, task.total)} ${
      escapeHtml(cutText(task.message ?? ""))
    }</small></div>`
  );
  return `<div>${bar(ended, total)} ${escapeHtml(progressText(progress))}` +
    `${bars.join("")}</div>`;
}

function bar(done: number, total: number): string {
  return `<progress value="${done}" max="${Math.max(total, 1)}"></progress>`;
}

/** One line that says how far a result is. */
export function progressText(progress: DisplayProgress): string {
  const { ended, total, isOpen, failed, elapsedMs } = progress;
  const failures = failed === 0 ? "" : `, ${failed} failed`;
  return `${ended}/${total}${isOpen ? "+" : ""} tasks${failures}, ${
    durationText(elapsedMs)
  }`;
}

function durationText(ms: number | undefined): string {
  if (ms === undefined) return "";
  return ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
