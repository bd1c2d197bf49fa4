import assert from "node:assert/strict";
import { ConnectionFileError } from "../base/mod.ts";
import { loadCurveCrypto } from "../security/mod.ts";
import {
  CONTROLLER_KEYS,
  type ControllerState,
  newControllerKeys,
  readControllerState,
  removeControllerState,
  writeControllerState,
} from "./controller_state_file.ts";
import { CliError } from "./exit_codes.ts";

const crypto = await loadCurveCrypto();

function newState(): ControllerState {
  return { keys: newControllerKeys(crypto), hubPort: 4_001, schedulerPort: 0 };
}

async function withPath(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(`${folder}/controller.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readControllerState gives back what writeControllerState wrote, for its owner alone", async () => {
  await withPath(async (path) => {
    assert.equal(await readControllerState(path, crypto), undefined);
    const state = newState();
    await writeControllerState(path, state);
    assert.deepEqual(await readControllerState(path, crypto), state);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    const other = { ...newState(), schedulerPort: 65_535 };
    await writeControllerState(path, other);
    assert.deepEqual(await readControllerState(path, crypto), other);
    await removeControllerState(path);
    await removeControllerState(path);
    assert.equal(await readControllerState(path, crypto), undefined);
  });
});

Deno.test("readControllerState refuses a file that others can read", async () => {
  await withPath(async (path) => {
    await writeControllerState(path, newState());
    await Deno.chmod(path, 0o640);
    await assert.rejects(
      readControllerState(path, crypto),
      (error) =>
        error instanceof ConnectionFileError && error.problem === "permissions",
    );
  });
});

Deno.test("readControllerState refuses what is no state, and quotes none of it", async (t) => {
  await withPath(async (path) => {
    const state = newState();
    const text = JSON.stringify(state);
    const [name] = CONTROLLER_KEYS;
    const { secretKey } = state.keys[name];
    const wrong: Readonly<Record<string, string>> = {
      "nothing": "",
      "half of it": text.slice(0, text.length / 2),
      "a list": "[]",
      "no keys": JSON.stringify({ ...state, keys: undefined }),
      "a port that is none": JSON.stringify({ ...state, hubPort: 65_536 }),
      "a port in words": JSON.stringify({ ...state, schedulerPort: "1" }),
      "a key that is none": text.replace(secretKey, "x".repeat(40)),
      "a key of another pair": text.replace(
        secretKey,
        newState().keys[name].secretKey,
      ),
      "a short key": text.replace(secretKey, secretKey.slice(1)),
    };
    for (const [what, content] of Object.entries(wrong)) {
      await t.step(what, async () => {
        await Deno.writeTextFile(path, content, { mode: 0o600 });
        await assert.rejects(readControllerState(path, crypto), (error) => {
          assert.ok(error instanceof CliError);
          assert.match(error.message, /it is no controller file/);
          assert.equal(error.cause, undefined);
          for (const { secretKey } of Object.values(state.keys)) {
            assert.ok(!Deno.inspect(error).includes(secretKey));
          }
          return true;
        });
      });
    }
  });
});

Deno.test("readControllerState reads no more than STATE_BYTES_MAX", async () => {
  await withPath(async (path) => {
    const text = JSON.stringify(newState()).padEnd(16_385);
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    await assert.rejects(
      readControllerState(path, crypto),
      (error) =>
        error instanceof ConnectionFileError && error.problem === "malformed",
    );
  });
});
