import assert from "node:assert/strict";
import { type CollectedSpan, startCollector } from "./collector_fixture.ts";

Deno.test("Spans lead from the program through client and scheduler into user code", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  await using collector = startCollector();
  const { spans } = collector;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL("traced_program.ts", import.meta.url).pathname,
    ],
    env: { ...collector.environment, IPPD_DIR: folder },
  }).output();
  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 0, new TextDecoder().decode(stderr));

  const only = (name: string, above?: CollectedSpan): CollectedSpan => {
    const found = spans.filter((span) =>
      span.name === name &&
      (above === undefined || span.parentSpanId === above.spanId)
    );
    const [first] = found;
    assert.ok(
      found.length === 1 && first !== undefined,
      `${found.length} × ${name} of ${spans.map((span) => span.name).sort()}`,
    );
    return first;
  };
  const program = only("program");

  await t.step("each process adds its own, in one trace", () => {
    const asked = only("apply inner", program);
    const placed = only("schedule apply", asked);
    const ran = only("run apply", placed);
    const own = only("user work", ran);
    const chain = [program, asked, placed, ran, own];
    assert.equal(new Set(chain.map(({ traceId }) => traceId)).size, 1);
    assert.deepEqual(
      chain.map(({ scope }) => scope),
      ["program", "ippd", "ippd", "ippd", "user"],
    );
    assert.deepEqual(placed.events, ["assigned"]);
    for (const span of [asked, placed, ran]) {
      assert.equal(span.attributes["ippd.task.status"], "ok");
      assert.equal(
        span.attributes["ippd.task.id"],
        asked.attributes["ippd.task.id"],
      );
    }
    assert.equal(asked.attributes["ippd.task.label"], "traced");
    assert.match(asked.attributes["ippd.engine.id"] ?? "", /^[01]$/);
    const inside = (lower: CollectedSpan, upper: CollectedSpan): boolean =>
      upper.nanoseconds[0] <= lower.nanoseconds[0] &&
      lower.nanoseconds[1] <= upper.nanoseconds[1];
    assert.ok(inside(own, ran), "user code is inside the run");
  });

  await t.step("a task that fails is an error everywhere", () => {
    const asked = only("apply bad", program);
    const placed = only("schedule apply", asked);
    const ran = only("run apply", placed);
    for (const span of [asked, placed, ran]) {
      assert.equal(span.status, 2);
      assert.equal(span.attributes["ippd.task.status"], "error");
    }
  });

  await t.step("a request for two engines is one span with two runs", () => {
    const asked = only("apply everywhere", program);
    assert.equal(asked.attributes["ippd.tasks"], "2");
    const placed = only("schedule apply", asked);
    const runs = spans.filter(({ parentSpanId }) =>
      parentSpanId === placed.spanId
    );
    assert.deepEqual(runs.map(({ name }) => name), ["run apply", "run apply"]);
  });

  await t.step("a task that waits for another's value has its span", () => {
    const asked = spans.filter(({ parentSpanId, scope }) =>
      parentSpanId === program.spanId && scope === "ippd"
    );
    assert.equal(asked.length, 5);
    assert.ok(asked.every(({ kind }) => kind === 4));
  });
});
