import assert from "node:assert/strict";
import { join } from "node:path";
import {
  LOCAL_SOCKET_PATH_BYTES_MAX,
  localEndpoint,
  localSocketPath,
  type LocalSocketRole,
  removeDeadSockets,
} from "./local_sockets.ts";

const KEY: Uint8Array = new Uint8Array(32).fill(0xab);
const OTHER_KEY: Uint8Array = new Uint8Array(32).fill(1);

Deno.test("localSocketPath() gives none where it would be too long", () => {
  const name = "/ippd-scheduler-abababababab.sock";
  const at = (folder: string): string | undefined =>
    localSocketPath({
      role: "scheduler",
      folder,
      ...{ clusterId: "", publicKey: KEY },
    });
  const fits = "/".padEnd(LOCAL_SOCKET_PATH_BYTES_MAX - name.length, "x");
  assert.equal(at(fits), fits + name);
  assert.equal(at(`${fits}x`), undefined);
  // What counts is bytes.
  const wide = `${fits.slice(0, -1)}ß`;
  assert.equal(at(wide), undefined);
  assert.equal(at("relative"), undefined);
  assert.equal(
    localEndpoint({
      role: "hub",
      folder: "/f",
      clusterId: "a",
      publicKey: KEY,
    }),
    "ipc:///f/ippd-a-hub-abababababab.sock",
  );
});

Deno.test("removeDeadSockets() leaves those that are answered, and others' files", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  try {
    const path = (
      clusterId: string,
      publicKey: Uint8Array,
      role: LocalSocketRole = "scheduler",
    ): string => localSocketPath({ role, folder, clusterId, publicKey }) ?? "";
    const live = path("", KEY);
    using _live = Deno.listen({ transport: "unix", path: live });
    const dead = [path("", KEY, "hub"), path("a", KEY), path("", OTHER_KEY)];
    for (const one of dead) {
      const once = Deno.listen({ transport: "unix", path: `${one}.new` });
      await Deno.rename(`${one}.new`, one);
      once.close();
    }
    await Deno.writeTextFile(join(folder, "ippd-scheduler.json"), "");
    const hubs = await removeDeadSockets(folder, { role: "hub" });
    assert.deepEqual(hubs, [dead[0]]);
    const removed = await removeDeadSockets(folder, { clusterId: "" });
    assert.deepEqual(removed, [dead[2]]);
    assert.deepEqual(await removeDeadSockets(folder), [dead[1]]);
    assert.ok((await Deno.lstat(live)).isSocket);
    assert.ok((await Deno.lstat(join(folder, "ippd-scheduler.json"))).isFile);
    assert.deepEqual(await removeDeadSockets(join(folder, "nowhere")), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
