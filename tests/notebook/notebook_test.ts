/**
 * Deno's Jupyter kernel as client, without a browser: the example notebook,
 * and interrupting.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Where Debian's `python3-jupyter-client` puts itself. */
const PYTHON = "/usr/bin/python3";
const RUNNER = new URL("run_notebook.py", import.meta.url).pathname;
const EXAMPLES = new URL("../../examples/", import.meta.url).pathname;

/** What one cell brought. */
interface CellOutput {
  readonly type: string;
  /** How often it was replaced. */
  readonly updates: number;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly ename?: string;
  readonly evalue?: string;
}

function hasJupyter(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: ["-c", "import jupyter_client"] })
      .outputSync().success;
  } catch {
    return false;
  }
}

const ignore = !hasJupyter();

async function runNotebook(path: string): Promise<CellOutput[][]> {
  const { success, stdout, stderr } = await new Deno.Command(PYTHON, {
    args: [RUNNER, Deno.execPath(), path],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Writes a notebook of cells below the examples, which see the project. */
async function runCells(cells: readonly string[]): Promise<CellOutput[][]> {
  const folder = await Deno.makeTempDir({ dir: EXAMPLES, prefix: ".test-" });
  try {
    const path = `${folder}/test.ipynb`;
    const code = cells.map((source) => ({ cell_type: "code", source }));
    await Deno.writeTextFile(path, JSON.stringify({ cells: code }));
    return await runNotebook(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function text(output: CellOutput | undefined): string {
  return String(output?.data?.["text/plain"]);
}

function html(output: CellOutput | undefined): string {
  return String(output?.data?.["text/html"]).replaceAll(/ style="[^"]*"/g, "");
}

Deno.test({
  name: "The example notebook shows what engines do (python3-jupyter-client)",
  ignore,
  async fn(t) {
    const cells = await runNotebook(`${EXAMPLES}notebook/cluster.ipynb`);
    const [start, px, running, awaited, bar, picture, plots, failing, end] =
      cells;

    await t.step("no cell fails", () => {
      const errors = cells.flat().filter(({ type }) => type === "error");
      assert.deepEqual(errors, []);
      assert.equal(cells.length, 9);
      assert.equal(text(start?.[0]), "[ 0, 1 ]");
      assert.deepEqual(end, []);
    });

    await t.step("a px cell shows output by engine, displays, values", () => {
      const values = px?.find(({ type }) => type === "execute_result");
      assert.equal(text(values), "[ 20, 10 ]");
      const displays = px?.filter(({ type }) => type === "display_data") ?? [];
      const output = displays.filter((one) => html(one).includes("<pre>"));
      assert.equal(output.length, 1);
      assert.equal(
        text(output[0]),
        '[engine 0]\nmy part is [ "a", "b" ]\n[engine 1]\nmy part is [ "c" ]\n',
      );
      const shown = displays.map(html);
      assert.ok(shown.includes("<b>2</b> items"));
      assert.ok(shown.includes("<b>1</b> items"));
      assert.ok(shown.includes("<b>engine 1</b>"));
    });

    await t.step("a result that runs is replaced where it is", () => {
      const [table, result] = running ?? [];
      assert.equal(text(result), "AsyncResult of 2 tasks");
      assert.ok((table?.updates ?? 0) > 0);
      assert.match(
        html(table),
        /<b>engine 0<\/b><pre>done<\/pre>.*<td>1<\/td><td>ok<\/td>/,
      );
      assert.match(html(table), /<pre>\{ steps: 5, pid: \d+ \}<\/pre>/);
      assert.equal(text(awaited?.[0]), "[ 5, 5 ]");
    });

    await t.step("a bar ends full", () => {
      assert.match(text(bar?.[0]), /^100\/100 tasks/);
      assert.ok((bar?.[0]?.updates ?? 0) > 0);
      assert.equal(text(bar?.[1]), "332833500");
    });

    await t.step("pictures and plots are shown", () => {
      const png = String(picture?.[0]?.data?.["image/png"]);
      assert.match(png, /^iVBORw0KGgo/);
      const plot = plots?.[0]?.data?.["application/vnd.vegalite.v5+json"];
      assert.ok(typeof plot === "object" && plot !== null && "mark" in plot);
      assert.match(html(plots?.[1]), /<img alt="" src="data:image\/svg\+xml;/);
    });

    await t.step("a failure is beside what went well", () => {
      const [table] = failing ?? [];
      assert.match(html(table), /<td>0<\/td><td>ok<\/td>.*fine/);
      assert.match(html(table), /<td>1<\/td><td>error<\/td>.*only here/);
    });
  },
});

Deno.test({
  name: "An interrupt ends tasks, not the kernel (python3-jupyter-client)",
  ignore,
  async fn() {
    const [, interrupted, after] = await runCells([
      `import { Cluster } from "../../mod.ts";
       const cluster = await Cluster.start({ n: 1 });
       const client = await cluster.connect();
       await client.directView().push({ kept: 7 });`,
      `// interrupt this cell
       console.log("runs");
       await client.at(0).apply(() => { for (;;); });`,
      `const kept = await client.at(0).pull("kept");
       await client.close();
       await cluster.stop();
       kept`,
    ]);
    const error = interrupted?.find(({ type }) => type === "error");
    assert.equal(error?.ename, "CancelledError");
    assert.equal(text(after?.[0]), "7");
  },
});

Deno.test({
  name:
    "A widget and code on an engine talk through a comm (python3-jupyter-client)",
  ignore,
  async fn() {
    const cells = await runCells([
      `// until a widget is asked
       import { Cluster, openComm } from "../../mod.ts";
       const cluster = await Cluster.start({ n: 1 });
       const client = await cluster.connect();
       const channel = client.channel("widget", 0);
       const comm = openComm("test.slider", { title: "speed" });
       const joined = comm.join(channel);
       const running = client.at(0).apply(async () => {
         const channel = ippd.channel("widget", "client");
         await channel.send({ ask: 41 });
         const { answer } = await channel.receive();
         await channel.send(answer);
         await channel.close();
         return answer;
       });
       undefined`,
      `const answer = await running;
       await joined;
       await client.close();
       await cluster.stop();
       [answer, comm.closed]`,
    ]);
    const all = cells.flat();
    assert.deepEqual(all.filter(({ type }) => type === "error"), []);
    const said = all.filter(({ type }) => type.startsWith("comm_"));
    assert.deepEqual(said.map(({ type, data }) => [type, data]), [
      ["comm_open", { title: "speed" }],
      ["comm_msg", { ask: 41 }],
      ["comm_msg", { value: 42 }],
      ["comm_close", {}],
    ]);
    const value = cells[1]?.find(({ type }) => type === "execute_result");
    assert.equal(text(value), "[ 42, true ]");
  },
});
