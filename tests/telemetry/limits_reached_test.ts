import assert from "node:assert/strict";
import { connect } from "../../mod.ts";
import {
  eventually,
  runIppd,
  startDashboard,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";

/** More than the quarter of an engine's memory of outcomes. */
const LARGE_BYTES = 17 << 20;
/** More than a record keeps of a task's output. */
const LONG_LENGTH = 5_000;

/** What `ippd_limit_reached_total` says, by role and limit. */
function limitsIn(metrics: string): Map<string, number> {
  const lines = metrics.matchAll(
    /^ippd_limit_reached_total\{.*role="(\w+)".*limit="(\w+)"\} (\d+)$/gm,
  );
  return new Map(
    [...lines].map((
      [, role, limit, count],
    ) => [`${role} ${limit}`, Number(count)]),
  );
}

Deno.test("limits that hub and engine reach are counted at /metrics and by ippd status", async () => {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile, pageFile } = await startDashboard(
      folder,
    );
    await using _controller = process;
    await using _engine = startIppd(folder, "engine", "--connect", engineFile);
    await using client = await connect(clientFile);
    await client.waitForEngines(1, { timeoutMs: 20_000 });
    const page = new URL((await Deno.readTextFile(pageFile)).trim());
    const authorization = `Bearer ${page.searchParams.get("token")}`;
    const read = async (): Promise<Map<string, number>> => {
      const response = await fetch(new URL("/metrics", page), {
        headers: { authorization },
      });
      return limitsIn(await response.text());
    };
    const before = await read();
    const names = [
      "hub OUTPUT_TAIL_MAX",
      "engine finishedBytesMax",
    ];
    assert.deepEqual(names.filter((name) => before.has(name)), []);

    const engine = client.directView(0);
    // Too much for a record's output, and for an engine to keep in case that
    // it has to be sent again.
    for (let times = 0; times < 2; times++) {
      const large = await engine.apply(
        (bytes: number, length: number) => {
          // deno-lint-ignore no-console -- it is the output that is cut
          console.log("x".repeat(length));
          return new Uint8Array(bytes);
        },
        LARGE_BYTES,
        LONG_LENGTH,
      );
      assert.equal(large.byteLength, LARGE_BYTES);
    }
    const wanted = new Map(names.map((name) => [name, 2]));
    let said = new Map<string, number>();
    await eventually(async () => {
      said = await read();
      return [...wanted].every(([name, count]) => said.get(name) === count);
    });
    // A machine that is busy may reach others as well.
    for (const [name, count] of wanted) {
      assert.equal(said.get(name), count, `${name} in ${[...said]}`);
    }

    const text = await runIppd(folder, "status", "--connect", clientFile);
    assert.match(text.stdout, /^Limits reached: .+ × 2/m);
    const { stdout } = await runIppd(
      folder,
      ...["status", "-o", "json", "--connect", clientFile],
    );
    const { processes } = JSON.parse(stdout);
    const of = (wantedRole: string): Record<string, number> =>
      processes.find(({ role }: { role: string }) => role === wantedRole)
        .limits;
    assert.equal(of("engine")["finishedBytesMax"], 2);
  });
});
