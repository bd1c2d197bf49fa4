import assert from "node:assert/strict";
import { ConnectionError } from "../../base/mod.ts";
import { LocalProcess } from "./local_process.ts";

function shell(script: string): readonly string[] {
  return ["/bin/sh", "-c", script];
}

Deno.test("LocalProcess gives lines, exit code and last words", async () => {
  const out: string[] = [];
  const process = new LocalProcess({
    what: "speaker",
    command: shell("echo one; echo two; echo oops >&2; exit 7"),
    onStdout: (line) => void out.push(line),
  });
  assert.deepEqual(await process.ended, { code: 7, signal: undefined });
  assert.deepEqual(process.end, { code: 7, signal: undefined });
  assert.deepEqual(out, ["one", "two"]);
  assert.deepEqual(process.stderrTail, ["oops"]);
});

Deno.test("LocalProcess.stop() ends the standard input first", async () => {
  const process = new LocalProcess({
    what: "reader",
    command: shell('test "$IPPD_PARENT_PIPE" = 1 && cat >/dev/null; exit 3'),
  });
  assert.deepEqual(await process.stop(), { code: 3, signal: undefined });
  assert.deepEqual(await process.stop(), { code: 3, signal: undefined });
});

Deno.test("LocalProcess.stop() asks by SIGTERM after pipeGraceMs", async () => {
  await using process = new LocalProcess({
    what: "deaf",
    command: shell("exec sleep 60"),
    pipeGraceMs: 20,
  });
  assert.equal((await process.stop()).signal, "SIGTERM");
});

Deno.test("LocalProcess.stop() insists by SIGKILL after termGraceMs", async () => {
  const ready = Promise.withResolvers<void>();
  const process = new LocalProcess({
    what: "stubborn",
    command: shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"),
    pipeGraceMs: 20,
    termGraceMs: 50,
    onStdout: () => ready.resolve(),
  });
  await ready.promise;
  assert.equal((await process.stop()).signal, "SIGKILL");
});

Deno.test("LocalProcess.ended settles when another process holds the output", async () => {
  const process = new LocalProcess({
    what: "parent",
    command: shell("sleep 1 & exit 0"),
  });
  const startedMs = performance.now();
  assert.equal((await process.ended).code, 0);
  assert.ok(performance.now() - startedMs < 900);
});

Deno.test("LocalProcess names a program that is not there", () => {
  assert.throws(
    () => new LocalProcess({ what: "engine", command: ["/no/such/program"] }),
    (error) =>
      error instanceof ConnectionError &&
      /Cannot start engine: \/no\/such\/program does not run; .*IPPD_EXECUTABLE/
        .test(error.message),
  );
});

Deno.test("LocalProcess writes a log file named after the process", async () => {
  const logFolder = await Deno.makeTempDir();
  try {
    const process = new LocalProcess({
      what: "speaker",
      command: shell("echo out; echo err >&2"),
      logFolder,
    });
    await process.ended;
    const text = await Deno.readTextFile(
      `${logFolder}/speaker-${process.pid}.log`,
    );
    assert.deepEqual(text.trim().split("\n").sort(), ["err", "out"]);
  } finally {
    await Deno.remove(logFolder, { recursive: true });
  }
});
