import assert from "node:assert/strict";
import { Command } from "commander";
import { stateFolder } from "../client/profile/mod.ts";
import { addSlotFlags, type SlotFlags, slotOptions } from "./slot_flags.ts";

/** What an engine is told, without the paths that depend on the machine. */
function told(...words: string[]): unknown {
  const command = addSlotFlags(new Command("engine"));
  const quiet = { writeErr: () => {}, writeOut: () => {} };
  command.exitOverride().configureOutput(quiet);
  command.parse(words, { from: "user" });
  const { sandbox, privatePaths: _, ...others } = slotOptions(
    command.opts<SlotFlags>(),
    undefined,
  );
  const { respawn, limits, ...rest } = others;
  return {
    ...rest,
    ...(respawn !== "always" && { respawn }),
    ...(Object.keys(limits ?? {}).length > 0 && { limits }),
    ...(sandbox && { allow: sandbox.allow }),
  };
}

const TOLD: readonly (readonly [string[], unknown])[] = [
  [[], {}],
  [["--sandbox"], { allow: {} }],
  [["--allow-net"], { allow: { net: true } }],
  [["--sandbox", "--allow-read=/a,/b,,c"], { allow: { read: ["/a", "/b,c"] } }],
  [["--allow-env=A", "--allow-env=B"], { allow: { env: ["A", "B"] } }],
  [["--allow-env=A", "--allow-env"], { allow: { env: true } }],
  [["--allow-env", "--allow-env=A"], { allow: { env: true } }],
  [
    ["--allow-write", "--allow-run", "--allow-ffi=/l", "--allow-sys=hostname"],
    { allow: { write: true, run: true, ffi: ["/l"], sys: ["hostname"] } },
  ],
  [["--allow-import=esm.sh"], { allow: { import: ["esm.sh"] } }],
  [["--memory-limit", "64"], { memoryLimitMib: 64 }],
  [["--respawn", "on-failure"], { respawn: "on-failure" }],
  [["--respawn-max", "3", "--respawn-window", "1.5"], {
    limits: { respawnsMax: 3, respawnWindowMs: 1_500 },
  }],
  [["--devices", "0,GPU-a"], {
    devices: { devices: ["0", "GPU-a"], variable: undefined },
  }],
  [["--devices", "0", "--device-variable", "A"], {
    devices: { devices: ["0"], variable: "A" },
  }],
];

Deno.test("slotOptions() tells the engine what the flags say", () => {
  for (const [words, expected] of TOLD) {
    assert.deepEqual(told(...words), expected, words.join(" "));
  }
});

Deno.test("addSlotFlags() refuses what makes no sense", () => {
  const refused = ["--allow-read=", "--allow-net=a,", "--memory-limit=15"];
  refused.push("--respawn=sometimes", "--respawn-max=0");
  for (const word of refused) assert.throws(() => told(word), /invalid/);
  assert.throws(
    () => told("--device-variable", "A"),
    /name them with --devices/,
  );
});

Deno.test("slotOptions() keeps tasks from the files with the keys", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/engine.json`;
    const link = `${folder}/link.json`;
    await Deno.writeTextFile(file, "");
    await Deno.symlink(file, link);
    const { privatePaths: paths = [] } = slotOptions({}, link);
    for (const path of [stateFolder(), link, file]) {
      assert.ok(paths.includes(path), path);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
