import assert from "node:assert/strict";
import { runContestant, runRounds } from "./harness.ts";

/** A contestant that runs a shell script. */
function contestant(
  name: string,
  script: string,
): { name: string; command: string[] } {
  return { name, command: ["/bin/sh", "-c", script] };
}

function printing(value: number): string {
  const figures = [{ figure: "call", value, unit: "ms" }];
  return `echo warming up; echo '${JSON.stringify({ figures })}'`;
}

Deno.test("runRounds alternates and says who is missing or fails", async () => {
  const lines: string[] = [];
  const samples = await runRounds(
    {
      name: "b",
      about: "",
      contestants: [
        contestant("one", printing(1)),
        contestant("two", printing(2)),
        contestant("broken", "echo why >&2; exit 3"),
        { ...contestant("absent", ""), probe: ["/nonexistent/peer"] },
      ],
    },
    2,
    (line) => lines.push(line),
  );
  const values = [...samples].map(([name, measured]) => [
    name,
    ...measured.map(({ figures }) => figures[0]?.value),
  ]);
  assert.deepEqual(values, [["one", 1, 1], ["two", 2, 2]]);
  assert.deepEqual(lines, [
    "b: absent is not installed",
    "b: round 1 of 2, one",
    "b: round 1 of 2, two",
    "b: round 1 of 2, broken",
    "b: broken failed: exit code 3: why",
    "b: round 2 of 2, one",
    "b: round 2 of 2, two",
    "b: round 2 of 2, broken",
    "b: broken failed: exit code 3: why",
  ]);
});

Deno.test("runContestant ends the whole group when time is over", async () => {
  const slow = contestant("slow", "sleep 60 & sleep 60; exit 1");
  const startedMs = performance.now();
  await assert.rejects(runContestant(slow, 100), /exit code/);
  assert.ok(performance.now() - startedMs < 5_000);
});

Deno.test("runContestant ends what the contestant forgot", async () => {
  const folder = await Deno.makeTempDir();
  const late = `(sleep 1; touch ${folder}/late) >/dev/null 2>&1 &`;
  await runContestant(contestant("careless", `${late} ${printing(1)}`));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  await Deno.remove(folder);
});
