/**
 * A program that is traced: what it does is looked for at the collector.
 *
 * @module
 */
import { trace } from "@opentelemetry/api";
import { Cluster } from "../../mod.ts";

const tracer = trace.getTracer("program");

await using cluster = await Cluster.start({ n: 2 });
await using client = await cluster.connect();
const balanced = client.loadBalancedView();

await tracer.startActiveSpan("program", async (span) => {
  await balanced.with({ label: "traced" }).apply(async function inner() {
    // deno-lint-ignore no-import-prefix -- a slot has no import map
    const api = await import("npm:@opentelemetry/api@^1.9.0");
    const own = api.trace.getTracer("user").startSpan("user work");
    await new Promise((resolve) => setTimeout(resolve, 5));
    own.end();
  });
  const failed = balanced.apply(function bad() {
    throw new TypeError("not today");
  });
  await failed.settled();
  await client.directView().apply(function everywhere() {
    return 1;
  });
  const one = balanced.apply(() => 20);
  await balanced.apply((value: number) => value + 1, one);
  span.end();
});
