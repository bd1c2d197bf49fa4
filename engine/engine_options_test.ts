import assert from "node:assert/strict";
import type { ConnectionInfo } from "../security/mod.ts";
import { DEFAULT_ENGINE_LIMITS, resolveEngineLimits } from "./engine_limits.ts";
import { resolveEngineOptions } from "./engine_options.ts";

const info: ConnectionInfo = {
  version: 1,
  clusterId: "",
  role: "engine",
  location: "",
  hub: ["tcp://127.0.0.1:1"],
  publicKey: "",
  keys: { publicKey: "", secretKey: "" },
};

Deno.test("resolveEngineOptions refuses what cannot work", () => {
  const slotCommand = ["ippd", "slot"];
  assert.equal(resolveEngineOptions({ info, slots: 3, slotCommand }).slots, 3);
  for (const slots of [0, -1, 1.5, NaN, 1025]) {
    assert.throws(
      () => resolveEngineOptions({ info, slots, slotCommand }),
      RangeError,
    );
  }
  assert.throws(
    () => resolveEngineOptions({ info, slots: 1, slotCommand: [] }),
    TypeError,
  );
});

Deno.test("resolveEngineOptions refuses a start-up script above its limit", () => {
  const { startupBytesMax } = DEFAULT_ENGINE_LIMITS;
  const options = (bytes: number) => ({
    ...{ info, slots: 1, slotCommand: ["ippd", "slot"] },
    startup: {
      ...{ name: "set-up.ts", language: "ts" as const },
      source: new Uint8Array(bytes),
    },
  });
  resolveEngineOptions(options(startupBytesMax));
  assert.throws(
    () => resolveEngineOptions(options(startupBytesMax + 1)),
    /set-up\.ts of 1048577 bytes: at most 1048576/,
  );
});

Deno.test("resolveEngineLimits refuses numbers that are no limits", () => {
  assert.equal(resolveEngineLimits({ tasksMax: 5 }).tasksMax, 5);
  for (const tasksMax of [0, -1, NaN, Infinity]) {
    assert.throws(() => resolveEngineLimits({ tasksMax }), /tasksMax/);
  }
  assert.throws(
    () => resolveEngineLimits({ respawnDelayMinMs: 9, respawnDelayMaxMs: 8 }),
    RangeError,
  );
});

Deno.test("resolveEngineOptions makes the rules for slots", () => {
  const slotCommand = ["deno", "run", "-A", "main.ts", "slot"];
  const { slotLaunch } = resolveEngineOptions({
    info,
    slots: 2,
    slotCommand,
    sandbox: { allow: { read: ["/a"] } },
    memoryLimitMib: 64,
    devices: { devices: ["0", "1"] },
  });
  assert.deepEqual(slotLaunch.sandbox?.allow, { read: ["/a"] });
  const variables = slotLaunch.sandbox?.variables ?? [];
  for (const name of ["IPPD_SLOT", "IPPD_RANK", "CUDA_VISIBLE_DEVICES"]) {
    assert.ok(variables.includes(name), name);
  }
  assert.equal(slotLaunch.memoryLimitMib, 64);
  assert.deepEqual(slotLaunch.slotVariables, [
    { CUDA_VISIBLE_DEVICES: "0" },
    { CUDA_VISIBLE_DEVICES: "1" },
  ]);
});

Deno.test("resolveEngineOptions refuses rules that cannot be kept", () => {
  const base = { info, slots: 1, slotCommand: ["ippd", "slot"] };
  const refused = [{ sandbox: { allow: {} } }, { memoryLimitMib: 64 }];
  for (const rules of refused) {
    assert.throws(
      () => resolveEngineOptions({ ...base, ...rules }),
      /Cannot limit slots of ippd/,
    );
  }
  const devices = { devices: ["a b"] };
  assert.throws(() => resolveEngineOptions({ ...base, devices }), RangeError);
});
