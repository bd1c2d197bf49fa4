import assert from "node:assert/strict";
import { createLogger, LimitTally, silentLogger } from "../base/mod.ts";
import { GUARD_RESTARTS_MAX, SlotGuard } from "./slot_guard.ts";
import { isAlive, until } from "./slot_fixture_test.ts";

function sleeper(): Deno.ChildProcess {
  return new Deno.Command("sleep", { args: ["1000"], detached: true }).spawn();
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

Deno.test("SlotGuard kills what it was told of last when its pipe closes", async () => {
  const guard = new SlotGuard({ log: silentLogger, folder: "/nowhere" });
  const [kept, killed] = [sleeper(), sleeper()];
  await guard.watch([kept.pid, killed.pid]);
  await guard.watch([killed.pid]);
  await guard.close();
  assert.equal((await killed.status).signal, "SIGKILL");
  assert.ok(isAlive(kept.pid));
  kept.kill("SIGKILL");
  await kept.status;
});

Deno.test("SlotGuard is replaced when it ends, and told again", async () => {
  const guard = new SlotGuard({ log: silentLogger, folder: "/nowhere" });
  const watched = sleeper();
  await guard.watch([watched.pid]);
  const { pid = 0 } = guard;
  // A stopped guard would not read its pipe; a killed one is replaced.
  Deno.kill(pid, "SIGKILL");
  await until(() => guard.pid !== undefined && guard.pid !== pid);
  await guard.watch([watched.pid]);
  await guard.close();
  assert.equal((await watched.status).signal, "SIGKILL");
});

Deno.test("SlotGuard gives up with a warning when it keeps ending", async () => {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line), now: () => 0 });
  const tally = new LimitTally();
  const folder = "/nowhere";
  const guard = new SlotGuard({ log, folder, shell: "false", tally });
  await until(() => lines.length > 0);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /it ended too often/);
  assert.deepEqual(tally.counts, { GUARD_RESTARTS_MAX: 1 });
  assert.ok(GUARD_RESTARTS_MAX < 100);
  await guard.watch([1_000_000]);
  await guard.close();
});

Deno.test("SlotGuard warns where there is no shell", async () => {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => lines.push(line), now: () => 0 });
  const guard = new SlotGuard({
    log,
    folder: "/nowhere",
    shell: "/nowhere/sh",
  });
  await guard.watch([1_000_000]);
  await guard.close();
  assert.match(lines.join(), /no guard/);
});

Deno.test("no slot outlives a supervisor that is killed, busy or idle", async () => {
  const fixture = new URL("./slot_fixture_test.ts", import.meta.url).href;
  const script = `
    import { SlotRig } from "${fixture}";
    const rig = await SlotRig.start(2);
    rig.apply("() => { console.log('busy'); for (;;); }");
    while (rig.pieces.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    console.log(JSON.stringify([rig.pool.folder, ...rig.pool.pids]));
    await new Promise(() => setInterval(() => {}, 1000));
  `;
  const supervisor = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-lock",
      "--config",
      new URL("../deno.json", import.meta.url).pathname,
      script,
    ],
    stdout: "piped",
  }).spawn();
  const reader = supervisor.stdout.getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    assert.ok(!done, "the supervisor ended early");
    text += new TextDecoder().decode(value);
  }
  const [folder, ...pids] = JSON.parse(text);
  assert.ok(pids.length === 2 && pids.every(isAlive));
  assert.ok(isFolder(folder));
  supervisor.kill("SIGKILL");
  await supervisor.status;
  await reader.cancel();
  await until(() => !pids.some(isAlive));
  await until(() => !isFolder(folder));
});
