/**
 * What ran where and when: a line for each engine, a box for each task.
 *
 * @module
 */
/** @jsxRuntime automatic */
/** @jsxImportSource preact */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ask, durationText, type TaskPage, type TaskRow } from "./api.ts";
import { onThemeChange } from "./theme.ts";

const TASKS_DRAWN_MAX = 1_000;
const REFRESH_MS = 2_000;
const LANE_HEIGHT = 18;
const LANES_MAX = 60;
const LEFT = 48;
const TOP = 20;

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A timeline that can be zoomed with the wheel and moved by dragging. */
export function Timeline(): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [tasks, setTasks] = useState<readonly TaskRow[]>([]);
  const [range, setRange] = useState<Range | undefined>(undefined);
  const [isByLabel, setByLabel] = useState(false);
  const [under, setUnder] = useState<TaskRow | undefined>(undefined);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isCurrent = true;
    const fetchTasks = async (): Promise<void> => {
      try {
        const query = new URLSearchParams({
          filter: JSON.stringify({ startedMs: { $gt: 0 } }),
          limit: String(TASKS_DRAWN_MAX),
        });
        const { tasks } = await ask<TaskPage>(`/api/tasks?${query}`);
        if (!isCurrent) return;
        setTasks(tasks);
        setProblem("");
      } catch (error) {
        if (isCurrent) {
          setProblem(error instanceof Error ? error.message : String(error));
        }
      }
    };
    void fetchTasks();
    const timer = setInterval(fetchTasks, REFRESH_MS);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, []);
  const [, repaint] = useState(0);
  useEffect(() => onThemeChange(() => repaint((count) => count + 1)), []);
  const shown = range ?? wholeRange(tasks);
  useLayoutEffect(() => {
    if (canvas.current !== null) draw(canvas.current, tasks, shown, isByLabel);
  });
  const timeAt = (x: number): number => {
    const width = canvas.current?.clientWidth ?? 1;
    const share = (x - LEFT) / Math.max(1, width - LEFT);
    return shown.fromMs + share * (shown.toMs - shown.fromMs);
  };
  const zoom = (event: WheelEvent): void => {
    event.preventDefault();
    const at = timeAt(event.offsetX);
    const factor = event.deltaY > 0 ? 1.25 : 0.8;
    setRange({
      fromMs: at - (at - shown.fromMs) * factor,
      toMs: at + (shown.toMs - at) * factor,
    });
  };
  const move = (event: PointerEvent): void => {
    if ((event.buttons & 1) === 1) {
      const shift = timeAt(event.offsetX - event.movementX) -
        timeAt(event.offsetX);
      setRange({ fromMs: shown.fromMs + shift, toMs: shown.toMs + shift });
      return;
    }
    const time = timeAt(event.offsetX);
    const lane = Math.floor((event.offsetY - TOP) / LANE_HEIGHT);
    const engineId = enginesOf(tasks)[lane];
    setUnder(
      tasks.find((task) =>
        task.engineId === engineId && (task.startedMs ?? Infinity) <= time &&
        (task.completedMs ?? Infinity) >= time
      ),
    );
  };
  return (
    <section class="panel">
      <h2>Timeline</h2>
      <div class="bar">
        <button type="button" onClick={() => setRange(undefined)}>
          Show all
        </button>
        <label>
          <input
            type="checkbox"
            checked={isByLabel}
            onChange={(event) => setByLabel(event.currentTarget.checked)}
          />{" "}
          colour by label
        </label>
        <span class="quiet">
          {durationText(shown.toMs - shown.fromMs)}; the wheel zooms, dragging
          moves
        </span>
      </div>
      {problem !== "" && <p class="error" role="alert">{problem}</p>}
      {tasks.length === 0 && <p class="quiet">No task has run yet</p>}
      <canvas
        ref={canvas}
        class="timeline"
        onWheel={zoom}
        onPointerMove={move}
        onPointerLeave={() => setUnder(undefined)}
      />
      <p class="quiet">
        {under === undefined
          ? `the last ${tasks.length} tasks that ran`
          : `${under.id} ${under.label} ${under.work}: ${under.status}, ran ${
            durationText((under.completedMs ?? NaN) - (under.startedMs ?? NaN))
          } on engine ${under.engineId}`}
      </p>
    </section>
  );
}

function enginesOf(tasks: readonly TaskRow[]): number[] {
  const ids = new Set(tasks.flatMap(({ engineId }) => engineId ?? []));
  return [...ids].sort((a, b) => a - b).slice(0, LANES_MAX);
}

function wholeRange(tasks: readonly TaskRow[]): Range {
  let [fromMs, toMs] = [Infinity, -Infinity];
  for (const { startedMs, completedMs } of tasks) {
    if (startedMs === undefined) continue;
    fromMs = Math.min(fromMs, startedMs);
    toMs = Math.max(toMs, completedMs ?? startedMs);
  }
  return fromMs < toMs ? { fromMs, toMs } : { fromMs: 0, toMs: 1_000 };
}

function draw(
  canvas: HTMLCanvasElement,
  tasks: readonly TaskRow[],
  { fromMs, toMs }: Range,
  isByLabel: boolean,
): void {
  const engines = enginesOf(tasks);
  const width = canvas.clientWidth;
  const height = TOP + Math.max(1, engines.length) * LANE_HEIGHT;
  const scale = devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name);
  context.font = "11px system-ui";
  context.fillStyle = color("--quiet");
  const perMs = (width - LEFT) / (toMs - fromMs);
  for (let part = 0; part <= 4; part++) {
    const x = LEFT + (width - LEFT) * part / 4;
    context.textAlign = part === 4 ? "right" : "left";
    context.fillText(durationText((toMs - fromMs) * part / 4), x, 12);
  }
  context.textAlign = "left";
  const lanes = new Map(engines.map((id, lane) => [id, lane]));
  for (const [lane, id] of engines.entries()) {
    context.fillStyle = color("--quiet");
    context.fillText(String(id), 4, TOP + lane * LANE_HEIGHT + 13);
  }
  for (const task of tasks) {
    const lane = lanes.get(task.engineId ?? -1);
    const { startedMs, completedMs = toMs } = task;
    if (lane === undefined || startedMs === undefined) continue;
    const x = Math.max(LEFT, LEFT + (startedMs - fromMs) * perMs);
    const end = Math.min(width, LEFT + (completedMs - fromMs) * perMs);
    if (end < LEFT || x > width) continue;
    context.fillStyle = isByLabel
      ? labelColor(task.label)
      : color(statusColor(task.status));
    const y = TOP + lane * LANE_HEIGHT + 2;
    context.fillRect(x, y, Math.max(1, end - x - 0.5), LANE_HEIGHT - 4);
  }
}

function statusColor(status: string): string {
  switch (status) {
    case "ok":
      return "--good";
    case "pending":
      return "--accent";
    case "error":
    case "engine_lost":
    case "timed_out":
      return "--bad";
    default:
      return "--warn";
  }
}

function labelColor(label: string): string {
  let hash = 0;
  for (const letter of label) {
    hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  }
  return `hsl(${hash} 55% 50%)`;
}
