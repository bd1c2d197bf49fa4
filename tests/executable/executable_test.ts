import assert from "node:assert/strict";
import { eventually, isRunning } from "../cli/ippd_process.ts";
import {
  builtForm,
  isRoot,
  type Person,
  STRANGERS,
  withPeople,
} from "./person.ts";

const form = builtForm();
const ignore = form === "none";
const isArchive = form === "self-extracting";

const PROGRAM = `
import { connect } from "@ippd/ippd";
await using client = await connect();
const values = await client.directView().apply((n: number) => n + 1, 41);
const uids = await client.directView().apply(() => Deno.uid());
const slots = await client.directView().apply(() =>
  Deno.readTextFileSync("/proc/self/cmdline").split("\\0").at(-3)
);
const alone = slots.every((file) => file?.endsWith("/slot_program.js"));
console.log(JSON.stringify({ values, uids, alone, args: Deno.args }));
`;

/** What a program of theirs gets from a cluster of its own. */
async function runProgram(person: Person): Promise<unknown> {
  const program = await person.write("my program.ts", PROGRAM);
  const { code, stdout, stderr } = await person.run(
    ...["run", program, "-n", "2", "--", "--fast"],
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test({
  name: "the executable is controller, engine, slot and what looks at them",
  ignore,
  fn: () =>
    withPeople([undefined], async ([person]) => {
      assert.ok(person);
      await using controller = person.start("controller");
      const [, file = ""] = await controller.says(/^ {2}engines {2}(.+)$/m);
      await using engine = person.start("engine", "--connect", file);
      let engines: { pid: number }[] = [];
      assert.ok(
        await eventually(async () => {
          const { stdout } = await person.run("status", "-o", "json");
          const { processes } = JSON.parse(stdout);
          engines = processes.filter((one: { role: string }) =>
            one.role === "engine"
          );
          return engines.length === 1;
        }),
      );
      assert.equal(engines[0]?.pid, engine.pid);
      const top = await person.run("top", "--once");
      assert.equal(top.code, 0, top.stderr);
      // A slot belongs to an engine.
      const slot = await person.run("slot");
      assert.equal(slot.code, 2);
      assert.match(slot.stderr, /only an engine can start one/);
      assert.equal((await controller.end()).code, 0);
      assert.equal((await engine.ended()).code, 0);
    }),
});

Deno.test({
  name: "the executable is hub and scheduler apart",
  ignore,
  fn: () =>
    withPeople([undefined], async ([person]) => {
      assert.ok(person);
      await using hub = person.start("hub");
      await hub.says(/clients {2}.+/);
      await using scheduler = person.start("scheduler");
      const { stdout } = await person.run("status", "-o", "json");
      const { processes } = JSON.parse(stdout);
      assert.deepEqual(
        processes.map(({ role, pid }: { role: string; pid: number }) => [
          role,
          pid,
        ]).sort(),
        [["hub", hub.pid], ["scheduler", scheduler.pid]],
      );
      assert.equal((await hub.end()).code, 0);
      await scheduler.ended();
    }),
});

Deno.test({
  name: "the executable runs programs, which find the client module in it",
  ignore: !isArchive,
  fn: () =>
    withPeople([undefined], async ([person]) => {
      assert.ok(person);
      assert.deepEqual(await runProgram(person), {
        values: [42, 42],
        uids: [Deno.uid(), Deno.uid()],
        alone: true,
        args: ["--fast"],
      });
    }),
});

Deno.test({
  name: "the executable is a console",
  ignore,
  fn: () =>
    withPeople([undefined], async ([person]) => {
      assert.ok(person);
      await person.write("lines", "const base: number = 40\nbase + 2\n");
      const console = person.startShell('"$0" console -n 1 <lines');
      const { code, stdout, stderr } = await console.ended();
      assert.equal(code, 0, stderr);
      assert.match(stdout, /\b42\n/);
    }),
});

Deno.test({
  name: "the executable starts, lists and stops clusters in the background",
  ignore,
  fn: () =>
    withPeople([undefined], async ([person]) => {
      assert.ok(person);
      const started = await person.run(
        ...["cluster", "start", "-n", "1", "--daemonize"],
      );
      assert.equal(started.code, 0, started.stderr);
      const listed = await person.run("cluster", "list", "-o", "json");
      assert.equal(JSON.parse(listed.stdout).length, 1, listed.stdout);
      const status = await person.run("status", "-o", "json");
      const pids: number[] = JSON.parse(status.stdout).processes
        .map(({ pid }: { pid: number }) => pid);
      assert.ok(pids.length >= 2);
      const stopped = await person.run("cluster", "stop", "--all");
      assert.equal(stopped.code, 0, stopped.stderr);
      for (const pid of pids) {
        assert.ok(await eventually(async () => !await isRunning(pid)));
      }
    }),
});

Deno.test({
  name: "two users run the executable at once, each with a cache of their own",
  ignore: !isArchive || !isRoot(),
  fn: () =>
    withPeople(STRANGERS, async (people) => {
      const results = await Promise.all(people.map(runProgram));
      for (const [index, uid] of STRANGERS.entries()) {
        const uids = [uid, uid];
        const args = ["--fast"];
        assert.deepEqual(results[index], {
          values: [42, 42],
          uids,
          alone: true,
          args,
        });
        const unpacked = await people[index]?.unpacked() ?? "";
        const { uid: owner, mode } = await Deno.stat(unpacked);
        assert.equal(owner, uid);
        assert.equal((mode ?? 0) & 0o777, 0o700);
      }
    }),
});

Deno.test({
  name: "one user starts the executable several times before it is unpacked",
  ignore,
  fn: () =>
    withPeople([undefined], async ([person]) => {
      assert.ok(person);
      const ends = await Promise.all(
        [1, 2, 3].map(() => person.run("--version")),
      );
      for (const { code, stdout, stderr } of ends) {
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
      }
    }),
});

Deno.test({
  name: "the executable does not run what somebody has put into its cache",
  ignore: !isArchive,
  fn: () =>
    withPeople([undefined], async ([person]) => {
      assert.ok(person);
      const { stdout } = await person.run("--version");
      const unpacked = await person.unpacked();
      const program = `${unpacked}/main.js`;
      const text = await Deno.readTextFile(program);
      // As long as it was, and as old.
      const evil = `throw "evil";//${text.slice(15)}`;
      assert.equal(evil.length, text.length);
      await Deno.writeTextFile(program, evil);
      await Deno.utime(program, 0, 0);
      assert.deepEqual(await person.run("--version"), {
        code: 0,
        signal: null,
        stdout,
        stderr: "",
      });
      assert.equal(await Deno.readTextFile(program), text);
      await Deno.truncate(`${unpacked}/deno`, 1_000_000);
      assert.equal((await person.run("--version")).stdout, stdout);
      if (!isRoot()) return;
      for (const folder of [unpacked, `${person.cache}/ippd`]) {
        await Deno.chown(folder, 64_001, 64_001);
        const { code, stderr } = await person.run("--version");
        assert.equal(code, 1);
        assert.equal(
          stderr,
          `Cannot start ippd: ${folder} belongs to somebody else; set XDG_CACHE_HOME\n`,
        );
        await Deno.chown(folder, 0, 0);
      }
    }),
});
