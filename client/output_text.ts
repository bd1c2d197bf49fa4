/**
 * The output of several tasks as one text.
 *
 * @module
 */
import type { Output, OutputStream } from "../messages/mod.ts";
import type { OutputPiece } from "./output_log.ts";
import type { TaskRun } from "./task_run.ts";

/** A piece of output as it arrives. */
export interface OutputEvent {
  /** The task that wrote it. */
  readonly taskId: string;
  /** The engine it ran on. */
  readonly engineId: number;
  /** The stream it was written to. */
  readonly stream: OutputStream;
  /** What was written. */
  readonly text: string;
}

/** Takes output as it arrives. */
export type OutputSink = (event: OutputEvent) => void;

/**
 * How the output of several engines is put together: by `engine`, each with
 * both of its streams; by `type`, first what went to standard output, engine
 * by engine, then standard error; or in the `order` in which it arrived.
 */
export type OutputGrouping = "engine" | "type" | "order";

const STREAMS: readonly OutputStream[] = ["stdout", "stderr"];

/** The text of one stream of some runs, in the order of the runs. */
export function streamText(
  runs: readonly TaskRun[],
  stream: OutputStream,
): string {
  return runs.map((run) =>
    run.outputPieces.filter((piece) => piece.stream === stream)
      .map((piece) => piece.text).join("")
  ).join("");
}

/** What one engine wrote to one stream, in one go or in all. */
export interface OutputBlock {
  /** The engine. */
  readonly engineId: number;
  /** The stream it was written to. */
  readonly stream: OutputStream;
  /** What was written. */
  readonly text: string;
}

/**
 * The output of some runs in blocks; those without output are left out.
 *
 * @throws {TypeError} when the grouping is not known.
 */
export function outputBlocks(
  runs: readonly TaskRun[],
  grouping: OutputGrouping,
): OutputBlock[] {
  const pieces = runs.flatMap((run) => run.outputPieces);
  const engines = [...new Set(pieces.map((piece) => piece.engineId))]
    .sort((a, b) => a - b);
  const of = (stream: OutputStream, engineId: number): OutputPiece[] =>
    pieces.filter((piece) =>
      piece.stream === stream && piece.engineId === engineId
    );
  switch (grouping) {
    case "engine":
      return joined(
        engines.flatMap((engine) => STREAMS.map((one) => of(one, engine))),
      );
    case "type":
      return joined(
        STREAMS.flatMap((one) => engines.map((engine) => of(one, engine))),
      );
    case "order":
      return joined(byNeighbours(pieces));
    default:
      throw new TypeError(
        `Cannot group output by ${
          String(grouping)
        }: it must be engine, type or order`,
      );
  }
}

/**
 * The output of some runs, each block under a heading such as `[stdout:3]`.
 * There are no empty lines between.
 *
 * @throws {TypeError} when the grouping is not known.
 */
export function groupedOutput(
  runs: readonly TaskRun[],
  grouping: OutputGrouping,
): string {
  return outputBlocks(runs, grouping).map(({ engineId, stream, text }) => {
    const end = text.endsWith("\n") ? "" : "\n";
    return `[${stream}:${engineId}]\n${text}${end}`;
  }).join("");
}

/** Pieces by arrival; those of one engine and stream in a row are together. */
function byNeighbours(pieces: readonly OutputPiece[]): OutputPiece[][] {
  const groups: OutputPiece[][] = [];
  for (const piece of pieces.toSorted((a, b) => a.order - b.order)) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    if (
      last !== undefined && first?.engineId === piece.engineId &&
      first.stream === piece.stream
    ) last.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

function joined(groups: readonly (readonly OutputPiece[])[]): OutputBlock[] {
  return groups.flatMap((pieces) => {
    const [first] = pieces;
    if (first === undefined) return [];
    const { engineId, stream } = first;
    const text = pieces.map((piece) => piece.text).join("");
    return [{ engineId, stream, text }];
  });
}

/** Output as sinks take it. */
export function outputEvent(output: Output): OutputEvent {
  const { taskId, engineId, stream, text } = output;
  return { taskId, engineId, stream, text };
}

/** Text with a mark before each of its lines, which all end. */
export function markLines(mark: string, text: string): string {
  return text.replace(/\n$/, "").split("\n")
    .map((line) => `${mark}${line}\n`).join("");
}

/** Writes output to this process's own streams, each line with its engine. */
export function writeMarked({ engineId, stream, text }: OutputEvent): void {
  const marked = markLines(`[engine ${engineId}] `, text);
  const own = stream === "stdout" ? Deno.stdout : Deno.stderr;
  own.writeSync(new TextEncoder().encode(marked));
}
