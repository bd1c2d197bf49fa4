import assert from "node:assert/strict";
import { join } from "node:path";
import { ClusterLockFile } from "./cluster_lock_file.ts";
import { CliError, EXIT } from "./exit_codes.ts";

Deno.test("ClusterLockFile is held by one at a time and leaves no file", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "clusters", "ippd.lock");
  try {
    {
      using _first = ClusterLockFile.take(path);
      assert.throws(
        () => ClusterLockFile.take(path),
        (error) =>
          error instanceof CliError && error.exitCode === EXIT.addressInUse &&
          error.message.includes(`process ${Deno.pid} `),
      );
    }
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(path, ".."))), []);
    ClusterLockFile.take(path)[Symbol.dispose]();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ClusterLockFile takes over the file of a process that died", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "ippd.lock");
  try {
    await Deno.writeTextFile(path, "999999999999\n");
    using _lock = ClusterLockFile.take(path);
    assert.equal(await Deno.readTextFile(path), `${Deno.pid}\n`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
