import assert from "node:assert/strict";
import { metricsText } from "./metrics_text.ts";
import { FakeSource } from "./source_fixture_test.ts";

interface Family {
  readonly type: string;
  readonly samples: Map<string, number>;
}

const SAMPLE =
  /^([a-zA-Z_:][\w:]*)\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\} (\S+)$/;

/** Reads the exposition format as strictly as its specification is. */
function parse(text: string): Map<string, Family> {
  assert.ok(text.endsWith("\n"), "the last line has an end");
  const families = new Map<string, Family>();
  let current = "";
  let helped = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = "", rest = ""] =
      /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      assert.equal(families.has(name), false, `${name} begins twice`);
      helped = name;
    } else if (kind === "TYPE") {
      assert.equal(name, helped, "its help goes before its type");
      assert.match(rest, /^(counter|gauge|histogram)$/);
      assert.equal(rest === "counter", name.endsWith("_total"), name);
      families.set(name, { type: rest, samples: new Map() });
      current = name;
    } else {
      const [, sample = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
      const family = families.get(current);
      const suffixes = family?.type === "histogram"
        ? ["_bucket", "_sum", "_count"]
        : [""];
      assert.ok(
        suffixes.some((suffix) => sample === current + suffix),
        `${line} is not of ${current}`,
      );
      assert.ok(Number.isFinite(Number(value)), line);
      const key = `${sample}{${labels}}`;
      assert.equal(family?.samples.has(key), false, `${key} is there twice`);
      family?.samples.set(key, Number(value));
    }
  }
  return families;
}

Deno.test("metricsText() says everything in Prometheus's form", async () => {
  const status = await new FakeSource(3, 0).status();
  const odd = { ...status, clusterId: 'a "b"\\\n' };
  const families = parse(metricsText(odd));
  const label = 'cluster="a \\"b\\"\\\\\\n"';
  const value = (name: string, labels = ""): number | undefined =>
    families.get(name.replace(/_(bucket|sum|count)$/, ""))?.samples.get(
      `${name}{${label}${labels}}`,
    );
  assert.equal(value("ippd_engines"), 3);
  assert.equal(value("ippd_tasks_ended_total", ',status="ok"'), 90);
  assert.equal(value("ippd_observations_dropped_total"), 3);
  assert.equal(value("ippd_store_failures_total"), 2);
  assert.equal(value("ippd_refusals_total"), 4);
  assert.equal(value("ippd_store_info", ',store="sqlite"'), 1);
  assert.equal(families.get("ippd_tasks_finished_total")?.samples.size, 4);
});

Deno.test("metricsText() has how often each process reached which limit", async () => {
  const status = await new FakeSource(2, 0).status();
  const name = "ippd_limit_reached_total";
  const before = parse(metricsText(status)).get(name);
  assert.deepEqual(before, { type: "counter", samples: new Map() });
  const limits: Record<string, Record<string, number>> = {
    hub: { CLIENTS_MAX: 2 },
    scheduler: { tasksMax: 17, placementsMax: 1 },
    engine: { outputLengthMax: 3 },
  };
  const processes = status.processes.map((one) => ({
    ...one,
    limits: limits[one.role],
  }));
  const family = parse(metricsText({ ...status, processes })).get(name);
  const said = [...family?.samples ?? []].map(([key, count]) => [
    /role="(\w+)"/.exec(key)?.[1],
    /engine="(\d)"/.exec(key)?.[1],
    /limit="(\w+)"/.exec(key)?.[1],
    count,
  ]);
  assert.deepEqual(said, [
    ["hub", undefined, "CLIENTS_MAX", 2],
    ["scheduler", undefined, "tasksMax", 17],
    ["scheduler", undefined, "placementsMax", 1],
    ["engine", "0", "outputLengthMax", 3],
    ["engine", "1", "outputLengthMax", 3],
  ]);
});

Deno.test("metricsText() adds up the classes of a histogram", async () => {
  const families = parse(metricsText(await new FakeSource(1, 0).status()));
  const samples = families.get("ippd_task_run_seconds")?.samples ?? new Map();
  const buckets = [...samples].filter(([key]) => key.includes("_bucket"));
  const counts: number[] = buckets.map(([, count]) => count);
  assert.deepEqual(counts, [...counts].sort((a, b) => a - b));
  assert.match(buckets.at(-1)?.[0] ?? "", /le="\+Inf"/);
  assert.equal(counts.at(-2), 99);
  assert.equal(counts.at(-1), 100);
  assert.equal(
    samples.get('ippd_task_run_seconds_count{cluster="demo"}'),
    100,
  );
  assert.equal(
    samples.get('ippd_task_run_seconds_sum{cluster="demo"}'),
    4_000.25,
  );
});

Deno.test("metricsText() says nothing of tasks where no records are kept", async () => {
  const status = await new FakeSource(1, 0).status();
  assert.ok(status.figures);
  const figures = { ...status.figures, store: "none" as const };
  const families = parse(metricsText({ ...status, figures }));
  assert.equal(families.has("ippd_task_run_seconds"), false);
  assert.equal(families.has("ippd_refusals_total"), true);
});
