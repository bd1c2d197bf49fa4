import assert from "node:assert/strict";
import { join } from "node:path";
import {
  removeDeadSockets,
  SCHEDULER_SOCKET_PATH_BYTES_MAX,
  schedulerSocketPath,
} from "./scheduler_socket.ts";

const KEY: Uint8Array = new Uint8Array(32).fill(0xab);
const OTHER_KEY: Uint8Array = new Uint8Array(32).fill(1);

Deno.test("schedulerSocketPath() gives none where it would be too long", () => {
  const name = "/ippd-scheduler-abababababab.sock";
  const fits = "/".padEnd(SCHEDULER_SOCKET_PATH_BYTES_MAX - name.length, "x");
  assert.equal(schedulerSocketPath(fits, "", KEY), fits + name);
  assert.equal(schedulerSocketPath(`${fits}x`, "", KEY), undefined);
  // What counts is bytes.
  const wide = `${fits.slice(0, -1)}ß`;
  assert.equal(schedulerSocketPath(wide, "", KEY), undefined);
  assert.equal(schedulerSocketPath("relative", "", KEY), undefined);
});

Deno.test("removeDeadSockets() leaves those that are answered, and others' files", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  try {
    const path = (id: string, key: Uint8Array): string =>
      schedulerSocketPath(folder, id, key) ?? "";
    const live = path("", KEY);
    using _live = Deno.listen({ transport: "unix", path: live });
    const dead = [path("", OTHER_KEY), path("a", KEY)];
    for (const one of dead) {
      const once = Deno.listen({ transport: "unix", path: `${one}.new` });
      await Deno.rename(`${one}.new`, one);
      once.close();
    }
    await Deno.writeTextFile(join(folder, "ippd-scheduler.json"), "");
    assert.deepEqual(await removeDeadSockets(folder, ""), [dead[0]]);
    assert.deepEqual(await removeDeadSockets(folder), [dead[1]]);
    assert.ok((await Deno.lstat(live)).isSocket);
    assert.ok((await Deno.lstat(join(folder, "ippd-scheduler.json"))).isFile);
    assert.deepEqual(await removeDeadSockets(join(folder, "nowhere")), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
