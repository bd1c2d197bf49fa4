import assert from "node:assert/strict";
import { VirtualClock } from "../base/mod.ts";
import {
  encodeValue,
  type MimeBundle,
  type Output,
  type TaskEventKind,
} from "../messages/mod.ts";
import { AsyncResult } from "./async_result.ts";
import { type Notebook, notebookData, notebookOf } from "./notebook.ts";
import { DISPLAY_OUTPUT_LENGTH_MAX } from "./notebook_html.ts";
import { REPAINT_INTERVAL_MS } from "./notebook_live.ts";
import { HEAD_START_MS } from "./result_show.ts";
import { valueEach } from "./result_shape.ts";
import { finish, makeHost, makeResult, makeRuns } from "./run_fixture_test.ts";
import type { TaskRun } from "./task_run.ts";

/** What a notebook shows: each cell's worth, as it was replaced. */
class FakeNotebook implements Notebook {
  readonly shown: MimeBundle[][] = [];

  show(bundle: MimeBundle): void {
    this.shown.push([bundle]);
  }

  showLive(bundle: MimeBundle): { update: (bundle: MimeBundle) => void } {
    const states = [bundle];
    this.shown.push(states);
    return { update: (next) => void states.push(next) };
  }

  onInterrupt(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  /** The texts of what is shown now. */
  get texts(): unknown[] {
    return this.shown.map((states) => states.at(-1)?.["text/plain"]);
  }
}

interface Scene {
  readonly clock: VirtualClock;
  readonly notebook: FakeNotebook;
  readonly runs: readonly TaskRun[];
  readonly result: AsyncResult<unknown[]>;
}

function makeScene(count = 2): Scene {
  const clock = new VirtualClock();
  const notebook = new FakeNotebook();
  const runs = makeRuns(count);
  const host = { ...makeHost(), clock, notebook };
  const result = new AsyncResult({ runs, shape: valueEach(), host });
  return { clock, notebook, runs, result };
}

function write(run: TaskRun | undefined, text: string, engineId = 0): void {
  const output: Output = {
    type: "output",
    taskId: run?.id ?? "",
    client: "c-1",
    engineId,
    stream: "stdout",
    text,
    dropped: 0,
  };
  run?.addOutput(output, 0);
}

function tell(
  run: TaskRun | undefined,
  kind: TaskEventKind,
  value: unknown,
  index = 0,
): void {
  run?.addEvent(
    {
      type: "task_event",
      id: run.id,
      engineId: 5,
      kind,
      index,
    },
    encodeValue(value),
  );
}

function display(
  result: AsyncResult<unknown>,
): MimeBundle | Promise<MimeBundle> {
  const method: unknown = Reflect.get(result, Symbol.for("Jupyter.display"));
  assert.ok(typeof method === "function");
  return method.call(result);
}

Deno.test("showProgress() replaces one bar, at intervals, until the end", async () => {
  const { clock, notebook, runs, result } = makeScene(3);
  const ended = result.showProgress();
  assert.deepEqual(notebook.texts, ["0/3 tasks, -100.0 ms"]);
  tell(runs[1], "progress", { done: 1, total: 4, message: "m" });
  finish(runs[0], 1);
  assert.equal(notebook.shown[0]?.length, 1);
  clock.advance(REPAINT_INTERVAL_MS);
  assert.equal(notebook.shown[0]?.length, 2);
  assert.match(
    String(notebook.shown[0]?.at(-1)?.["text/html"]),
    /value="1" max="3".*value="1" max="4"><\/progress> m</,
  );
  finish(runs[1], 2);
  finish(runs[2], 3);
  await ended;
  assert.match(String(notebook.texts[0]), /^3\/3 tasks/);
  assert.equal(clock.pending, 0);
});

Deno.test("streamOutput() shows output by engine and displays as they come", () => {
  const { clock, notebook, runs, result } = makeScene();
  result.streamOutput();
  write(runs[1], "one\n", 1);
  write(runs[0], "zero\n", 0);
  write(runs[1], "more\n", 1);
  assert.deepEqual(notebook.texts, ["[engine 1]\none\n"]);
  clock.advance(REPAINT_INTERVAL_MS);
  assert.deepEqual(notebook.texts, [
    "[engine 0]\nzero\n[engine 1]\none\nmore\n",
  ]);
  tell(runs[0], "display", { "text/html": "<i>x</i>" });
  assert.deepEqual(notebook.shown.slice(1), [
    [{ "text/html": "<b>engine 5</b>", "text/plain": "[engine 5]" }],
    [{ "text/html": "<i>x</i>" }],
  ]);
  write(runs[0], "last", 0);
  finish(runs[0], 1);
  finish(runs[1], 2);
  assert.match(String(notebook.texts[0]), /zero\nlast\n\[engine 1\]/);
  assert.equal(clock.pending, 0);
});

Deno.test("streamOutput() keeps the end of what an engine writes", () => {
  const { notebook, runs, result } = makeScene();
  using _ = result.streamOutput();
  write(runs[0], "a".repeat(DISPLAY_OUTPUT_LENGTH_MAX));
  write(runs[0], "z");
  finish(runs[0], 1);
  finish(runs[1], 1);
  const text = String(notebook.texts[0]);
  assert.ok(text.endsWith("az\n"));
  assert.equal(
    text.length,
    DISPLAY_OUTPUT_LENGTH_MAX + "[engine 0]\n\n".length,
  );
});

Deno.test("A result that is shown follows its tasks where it is", async () => {
  const { clock, notebook, runs, result } = makeScene();
  result.streamOutput();
  const name = display(result);
  clock.advance(HEAD_START_MS);
  assert.deepEqual(await name, { "text/plain": "AsyncResult of 2 tasks" });
  assert.match(String(notebook.texts[0]), /0\/2 tasks.*engine \?: pending/s);
  write(runs[0], "text\n", 3);
  tell(runs[0], "display", { "application/vnd.vega.v5+json": {} });
  finish(runs[0], { a: 1 });
  finish(runs[1], undefined);
  // The output is in the table, and only there; the plot needs a place.
  assert.equal(notebook.shown.length, 2);
  assert.match(
    String(notebook.texts[0]),
    /2\/2 tasks.*\n\[engine 3\]\ntext\nengine 3: ok \{ a: 1 \}\nengine 3: ok$/s,
  );
  const html = String(notebook.shown[0]?.at(-1)?.["text/html"]);
  assert.doesNotMatch(html, /<progress/);
  assert.match(html, /\{ a: 1 \}/);
  assert.equal(clock.pending, 0);
});

Deno.test("A result that is done is shown at once, output only once", async () => {
  const { clock, notebook, runs, result } = makeScene();
  result.streamOutput();
  write(runs[0], "streamed\n");
  finish(runs[0], new Uint8Array([0x89, 0x50, 0x4e, 0x47]));
  runs[1]?.fail(new Error("<bad>"), 140);
  const name = display(result);
  clock.advance(HEAD_START_MS);
  assert.deepEqual(await name, { "text/plain": "AsyncResult of 2 tasks" });
  assert.equal(notebook.shown.length, 2);
  const bundle = notebook.shown[1]?.[0] ?? {};
  assert.doesNotMatch(String(bundle["text/plain"]), /streamed/);
  assert.match(String(bundle["text/plain"]), /: error Error: <bad>$/);
  assert.match(String(bundle["text/html"]), /src="data:image\/png;base64,/);
  assert.match(String(bundle["text/html"]), /Error: &#60;bad&#62;/);
});

Deno.test("A result is a table where there is no notebook, too", () => {
  const runs = makeRuns(1);
  const result = makeResult(runs);
  finish(runs[0], 5);
  const bundle = display(result);
  assert.ok(!(bundle instanceof Promise));
  assert.match(String(bundle["text/plain"]), /engine 3: ok 5$/);
  assert.match(String(bundle["text/html"]), /<table>/);
});

Deno.test("notebookOf() speaks the kernel's protocol", () => {
  const said: unknown[] = [];
  const listeners: (() => void)[] = [];
  const notebook = notebookOf(
    (type, content) => void said.push([type, content]),
    (act) => void listeners.push(act),
  );
  notebook.show({ "image/png": new Uint8Array([1]) });
  notebook.showLive({ "text/plain": "1" }).update({ "text/plain": "2" });
  const [, second, third] = said as [string, Record<string, unknown>][];
  assert.deepEqual(said[0], ["display_data", {
    data: { "image/png": "AQ==" },
    metadata: {},
    transient: {},
  }]);
  assert.equal(second?.[0], "display_data");
  assert.equal(third?.[0], "update_display_data");
  assert.deepEqual(second?.[1]["transient"], third?.[1]["transient"]);
  let interrupts = 0;
  const listening = notebook.onInterrupt(() => interrupts++);
  listeners.forEach((act) => act());
  listening[Symbol.dispose]();
  listeners.forEach((act) => act());
  assert.equal(interrupts, 1);
});

Deno.test("notebookData() gives bytes as the text they are, or as Base64", () => {
  const bytes = new TextEncoder().encode("<x/>");
  assert.deepEqual(
    notebookData({
      "image/svg+xml": bytes,
      "text/html": bytes,
      "image/gif": bytes,
      "application/json": { a: [1] },
    }),
    {
      "image/svg+xml": "<x/>",
      "text/html": "<x/>",
      "image/gif": "PHgvPg==",
      "application/json": { a: [1] },
    },
  );
});
