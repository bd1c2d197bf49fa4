import assert from "node:assert/strict";
import { join } from "node:path";
import { createLogger, silentLogger, VirtualClock } from "../base/mod.ts";
import {
  changeAllowedKeys,
  encodeZ85,
  readAllowedKeys,
} from "../security/mod.ts";
import { HubKeys, type HubKeysOptions } from "./hub_keys.ts";

function key(byte: number): string {
  return encodeZ85(new Uint8Array(32).fill(byte));
}

async function withList(
  use: (path: string, options: HubKeysOptions) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "keys.json");
    const own = { client: key(1), engine: key(2), scheduler: key(3) };
    await use(path, { path, own, log: silentLogger });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function nextChange(keys: HubKeys): Promise<string> {
  return new Promise((resolve) => keys.onChanged(resolve));
}

Deno.test("HubKeys puts its own keys on the list and takes them off again", () =>
  withList(async (path, options) => {
    await changeAllowedKeys(path, "x", (list) => {
      list.allow(key(8), "client", "client");
      list.allow(key(9), "client", "alice");
    });
    const keys = await HubKeys.open(options);
    const names = [...keys.authorizer.entries()].map(({ name }) => name);
    assert.deepEqual(names, ["alice", "client", "engine", "scheduler"]);
    // That of a hub before, which did not end in good order.
    assert.equal(keys.authorizer.named("client")?.publicKey, key(1));
    await keys[Symbol.asyncDispose]();
    const { keys: left } = readAllowedKeys(path);
    assert.deepEqual([...left.entries()].map(({ name }) => name), ["alice"]);
  }));

Deno.test("HubKeys leaves no list when nobody is on it", () =>
  withList(async (path, options) => {
    const keys = await HubKeys.open(options);
    await keys[Symbol.asyncDispose]();
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  }));

Deno.test("HubKeys hears of changes, and of who made them", () =>
  withList(async (path, options) => {
    await using keys = await HubKeys.open(options);
    const changed = nextChange(keys);
    await changeAllowedKeys(
      path,
      "ada",
      (list) => list.allow(key(9), "client", "alice"),
    );
    assert.equal(await changed, "ada");
    assert.equal(keys.authorizer.named("alice")?.role, "client");
  }));

Deno.test("HubKeys knows a key from the moment in which it is made", () =>
  withList(async (path, options) => {
    // Nothing but a key that is shown has it look.
    await using keys = await HubKeys.open({
      ...options,
      clock: new VirtualClock(),
    });
    const made = new Uint8Array(32).fill(9);
    assert.equal(keys.role(made), undefined);
    await changeAllowedKeys(
      path,
      "ada",
      (list) => list.allow(encodeZ85(made), "client", "alice"),
    );
    const changed = nextChange(keys);
    assert.equal(keys.role(made), "client");
    assert.equal(await changed, "ada");
  }));

Deno.test("HubKeys stays with the last good list", () =>
  withList(async (path, options) => {
    const lines: string[] = [];
    const said = Promise.withResolvers<void>();
    const log = createLogger({
      write(line) {
        lines.push(line);
        said.resolve();
      },
      now: () => 0,
    });
    await using keys = await HubKeys.open({ ...options, log });
    const good = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, "{");
    await said.promise;
    assert.match(lines[0] ?? "", /cannot be used; nothing changes/);
    assert.equal(keys.authorizer.size, 3);
    const changed = nextChange(keys);
    await Deno.writeTextFile(
      path,
      good.replace(/"changedBy": ".*"/, '"changedBy": "me"'),
    );
    assert.equal(await changed, "me");
  }));
