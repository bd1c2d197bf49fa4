import assert from "node:assert/strict";
import { withLockCopy } from "./slot_lock_file.ts";

Deno.test("withLockCopy() gives slots a lock file of their own", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  try {
    const command = ["deno", "run", "-A", `${folder}/main.ts`, "slot"];
    const line = (words: readonly string[]) =>
      withLockCopy(words, `${folder}/own`);
    await Deno.mkdir(`${folder}/own`);
    assert.deepEqual(await line(command), [
      ...["deno", "run", "--no-lock", "-A", `${folder}/main.ts`, "slot"],
    ]);
    await Deno.writeTextFile(`${folder}/deno.lock`, "{}");
    const copy = `${folder}/own/deno.lock`;
    assert.deepEqual(await line(command), [
      ...["deno", "run", `--lock=${copy}`, "-A", `${folder}/main.ts`, "slot"],
    ]);
    assert.equal(await Deno.readTextFile(copy), "{}");
    for (const flag of ["--no-lock", "--lock=/a", "--lock"]) {
      const chosen = ["deno", "run", flag, "-A", `${folder}/main.ts`, "slot"];
      assert.equal(await line(chosen), chosen);
    }
    // That of a program in a folder of its own is beside the configuration.
    await Deno.writeTextFile(`${folder}/deno.json`, "{}");
    const program = `${folder}/engine/slot_program.ts`;
    assert.deepEqual(await line(["deno", "run", "-A", program]), [
      ...["deno", "run", `--lock=${copy}`, "-A", program],
    ]);
    const compiled = ["/bin/ippd", "slot"];
    assert.equal(await line(compiled), compiled);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
