import assert from "node:assert/strict";
import { GRANTS_MAX } from "../messages/mod.ts";
import {
  MEMORY_LIMIT_MIB_MAX,
  MEMORY_LIMIT_MIB_MIN,
  slotCommandLine,
  type SlotLaunch,
  splitGrants,
} from "./slot_permissions.ts";
import { socketPath } from "./slot_permissions_drop.ts";

const COMMAND = ["/bin/deno", "run", "-A", "/opt/main.ts", "slot"];
const ENDPOINT = "ipc:///tmp/ippd-1/s";

function line(launch: SlotLaunch, command: readonly string[] = COMMAND) {
  return slotCommandLine(command, ENDPOINT, launch);
}

Deno.test("slotCommandLine() leaves a command without rules as it is", () => {
  assert.equal(line({}), COMMAND);
  assert.deepEqual(line({}, ["ippd", "slot"]), ["ippd", "slot"]);
});

Deno.test("slotCommandLine() grants an empty sandbox its socket alone", () => {
  assert.deepEqual(line({ sandbox: { allow: {}, variables: ["IPPD_SLOT"] } }), [
    "/bin/deno",
    "run",
    "--no-prompt",
    "--allow-read=/tmp/ippd-1/s",
    "--allow-write=/tmp/ippd-1/s",
    "--allow-net=unix:/tmp/ippd-1/s",
    "--allow-env=IPPD_SLOT",
    "--deny-import",
    "--cached-only",
    "/opt/main.ts",
    "slot",
  ]);
});

Deno.test("slotCommandLine() adds what is granted and denies secrets", () => {
  const allow = {
    read: true,
    write: ["/data", "/a,b"],
    net: ["example.org:443"],
    run: true,
    sys: ["hostname"],
    import: true,
    ffi: [],
  } as const;
  const privatePaths = ["/keys"];
  assert.deepEqual(line({ sandbox: { allow, privatePaths } }).slice(2, -2), [
    "--no-prompt",
    "--allow-read",
    "--allow-write=/data,/a,,b,/tmp/ippd-1/s",
    "--allow-net=example.org:443,unix:/tmp/ippd-1/s",
    "--allow-run",
    "--allow-sys=hostname",
    "--allow-import",
    "--deny-read=/keys",
    "--deny-write=/keys",
  ]);
});

Deno.test("slotCommandLine() limits memory without a sandbox", () => {
  const command = ["deno", "run", "-q", "--allow-all", "m.ts", "slot"];
  assert.deepEqual(line({ memoryLimitMib: 64 }, command), [
    ...["deno", "run", "-q", "--allow-all"],
    ...["--v8-flags=--max-old-space-size=64", "m.ts", "slot"],
  ]);
});

Deno.test("slotCommandLine() refuses rules for a compiled program", () => {
  for (const launch of [{ sandbox: { allow: {} } }, { memoryLimitMib: 64 }]) {
    assert.throws(
      () => line(launch, ["/opt/ippd", "slot"]),
      /Cannot limit slots of \/opt\/ippd: .* baked in; run ippd by deno/,
    );
  }
});

Deno.test("slotCommandLine() refuses what is out of range", () => {
  const tooSmall = MEMORY_LIMIT_MIB_MIN - 1;
  const tooLarge = MEMORY_LIMIT_MIB_MAX + 1;
  for (const memoryLimitMib of [tooSmall, tooLarge, 64.5, NaN]) {
    assert.throws(() => line({ memoryLimitMib }), /from 16 to 1048576/);
  }
  const net = Array.from({ length: GRANTS_MAX + 1 }, (_, at) => `h${at}`);
  assert.throws(() => line({ sandbox: { allow: { net } } }), /at most 1024/);
  const read = ["/a", ""];
  assert.throws(() => line({ sandbox: { allow: { read } } }), /empty name/);
});

Deno.test("splitGrants() takes a double comma for one", () => {
  assert.deepEqual(splitGrants("/a"), ["/a"]);
  assert.deepEqual(splitGrants("/a,/b"), ["/a", "/b"]);
  assert.deepEqual(splitGrants("/a,,b,c"), ["/a,b", "c"]);
  assert.deepEqual(splitGrants(",,"), [","]);
  assert.deepEqual(splitGrants(""), [""]);
});

Deno.test("socketPath() knows Unix sockets only", () => {
  assert.equal(socketPath(ENDPOINT), "/tmp/ippd-1/s");
  assert.equal(socketPath("tcp://127.0.0.1:1"), "");
});
