import assert from "node:assert/strict";
import { join } from "node:path";
import {
  LOG_FILES_MAX,
  LOG_READ_BYTES_MAX,
  LogFollower,
} from "./log_follower.ts";

Deno.test("LogFollower gives the last lines, then what is added, whole lines only", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "engine-1.log");
    await Deno.writeTextFile(path, "a\nb\nc\n");
    await Deno.writeTextFile(join(folder, "other.txt"), "no\n");
    const said: string[] = [];
    const follower = new LogFollower({
      folder,
      wanted: "",
      lines: 2,
      write: (name, line) => said.push(`${name} ${line}`),
    });
    assert.equal(await follower.poll(), 1);
    assert.deepEqual(said.splice(0), ["engine-1 b", "engine-1 c"]);
    await Deno.writeTextFile(path, "d\ne", { append: true });
    await follower.poll();
    assert.deepEqual(said.splice(0), ["engine-1 d"]);
    await Deno.writeTextFile(path, "f\n", { append: true });
    // A file that appears later is read from its beginning.
    await Deno.writeTextFile(join(folder, "engine-2.log"), "x\ny\nz\n");
    assert.equal(await follower.poll(), 2);
    assert.deepEqual(said.splice(0), [
      "engine-1 ef",
      "engine-2 x",
      "engine-2 y",
      "engine-2 z",
    ]);
    await Deno.writeTextFile(path, "new\n");
    await follower.poll();
    assert.deepEqual(said, ["engine-1 new"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("LogFollower reads a part of a file that is longer than its limit", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const line = "x".repeat(1023) + "\n";
    const count = LOG_READ_BYTES_MAX / line.length + 10;
    await Deno.writeTextFile(join(folder, "a.log"), line.repeat(count));
    let lines = 0;
    const follower = new LogFollower({
      folder,
      wanted: "a",
      lines: count,
      write: () => lines++,
    });
    await follower.poll();
    assert.equal(lines, LOG_READ_BYTES_MAX / line.length - 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("LogFollower finds nothing in a folder that is not there", async () => {
  const write = (): void => assert.fail("nothing to write");
  const follower = new LogFollower({
    folder: "/no/such/folder",
    wanted: "",
    lines: 1,
    write,
  });
  assert.equal(await follower.poll(), 0);
});

Deno.test("LogFollower follows the files that were written to last, LOG_FILES_MAX of them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const count = LOG_FILES_MAX + 5;
    for (let index = 0; index < count; index++) {
      const path = join(folder, `${index}.log`);
      await Deno.writeTextFile(path, "a line\n");
      await Deno.utime(path, index, index);
    }
    const names = new Set<string>();
    const follower = new LogFollower({
      folder,
      wanted: "",
      lines: 1,
      write: (name) => names.add(name),
    });
    assert.equal(await follower.poll(), LOG_FILES_MAX);
    assert.equal(names.size, LOG_FILES_MAX);
    assert.ok(!names.has("4") && names.has("5"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("LogFollower begins with as few bytes of a file as it is told", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "a.log"), "one\ntwo\nthree\n");
    const lines: string[] = [];
    const follower = new LogFollower({
      folder,
      wanted: "",
      lines: 10,
      tailBytesMax: 8,
      write: (_, line) => lines.push(line),
    });
    await follower.poll();
    assert.deepEqual(lines, ["three"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
