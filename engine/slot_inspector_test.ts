import assert from "node:assert/strict";
import { concatBytes, systemClock, utf8 } from "../base/mod.ts";
import {
  hasInspector,
  SlotInspector,
  withInspector,
} from "./slot_inspector.ts";

const START = "Debugger listening on ws://127.0.0.1:41595/45abd866-47d0\n" +
  "Visit chrome://inspect to connect to the debugger.\n";

function inspector(enabled = true): SlotInspector {
  return new SlotInspector({ enabled, clock: systemClock });
}

function taken(inspector: SlotInspector, ...chunks: string[]): string {
  const parts = chunks.map((chunk) => inspector.takeNotices(utf8(chunk)));
  return new TextDecoder().decode(
    concatBytes([...parts, inspector.lastBytes()]),
  );
}

Deno.test("SlotInspector keeps its address to itself, however it arrives", () => {
  const text = `Warning é\n${START}`;
  const bytes = utf8(text);
  for (let cut = 0; cut <= START.indexOf("Visit"); cut++) {
    const made = inspector();
    const parts = [
      made.takeNotices(bytes.subarray(0, cut)),
      made.takeNotices(bytes.subarray(cut)),
      made.takeNotices(utf8("Vis-à-vis\n")),
      made.lastBytes(),
    ];
    const left = new TextDecoder().decode(concatBytes(parts));
    assert.equal(left, "Warning é\nVis-à-vis\n", `cut at ${cut}`);
    assert.equal(made.available, true);
  }
});

Deno.test("SlotInspector leaves other text alone", () => {
  assert.equal(taken(inspector(false), START), START);
  assert.equal(taken(inspector(), "no such file"), "no such file");
  assert.equal(taken(inspector(), START, "Do it\n", START), `Do it\n${START}`);
  assert.equal(inspector().available, false);
});

Deno.test("SlotInspector interrupts nothing where there is no inspector", async () => {
  assert.equal(await inspector().interrupt(1_000), false);
  const made = inspector();
  // Nobody listens on this port.
  taken(made, START.replace("41595", "1"));
  assert.equal(await made.interrupt(5_000), false);
  await made.closed();
});

Deno.test("withInspector gives flags to runs of Deno that may do all", () => {
  const flags = ["--inspect=127.0.0.1:0", "--inspect-publish-uid=stderr"];
  const cases: [string[], string[]][] = [
    [
      ["deno", "run", "-A", "main.ts", "slot"],
      ["deno", "run", ...flags, "-A", "main.ts", "slot"],
    ],
    [
      ["deno", "run", "--quiet", "--allow-all", "main.ts", "-q"],
      ["deno", "run", ...flags, "--allow-all", "main.ts", "-q"],
    ],
    [["deno", "run", "--allow-net", "m.ts"], [
      "deno",
      "run",
      "--allow-net",
      "m.ts",
    ]],
    [["deno", "run", "m.ts", "-A"], ["deno", "run", "m.ts", "-A"]],
    [["ippd", "slot"], ["ippd", "slot"]],
  ];
  for (const [command, expected] of cases) {
    const made = withInspector(command);
    assert.deepEqual(made, expected);
    assert.equal(hasInspector(made), made !== command);
  }
});
