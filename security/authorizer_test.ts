import assert from "node:assert/strict";
import { LimitError } from "../base/mod.ts";
import {
  Authorizer,
  isRole,
  KEY_NAME_LENGTH_MAX,
  ROLES,
} from "./authorizer.ts";
import { encodeZ85 } from "./z85.ts";

function key(seed: number): Uint8Array {
  return new Uint8Array(32).fill(seed);
}

function text(seed: number): string {
  return encodeZ85(key(seed));
}

Deno.test("Authorizer knows the role of allowed keys and of no others", () => {
  const authorizer = new Authorizer();
  ROLES.forEach((role, index) => authorizer.allow(text(index + 1), role));
  ROLES.forEach((role, index) =>
    assert.equal(authorizer.role(key(index + 1)), role)
  );
  assert.equal(authorizer.role(key(9)), undefined);
  assert.equal(authorizer.role(key(0)), undefined);
  assert.equal(authorizer.size, ROLES.length);
});

Deno.test("Authorizer revoke takes a key off the list", () => {
  const authorizer = new Authorizer();
  authorizer.allow(text(1), "engine");
  assert.equal(authorizer.revoke(text(1)), true);
  assert.equal(authorizer.revoke(text(1)), false);
  assert.equal(authorizer.role(key(1)), undefined);
});

Deno.test("Authorizer allow gives an allowed key another role", () => {
  const authorizer = new Authorizer({ keysMax: 1 });
  authorizer.allow(text(1), "client", "laptop");
  authorizer.allow(text(1), "client-readonly");
  assert.deepEqual([...authorizer.entries()], [
    { publicKey: text(1), role: "client-readonly" },
  ]);
});

Deno.test("Authorizer allow refuses keys beyond keysMax", () => {
  const authorizer = new Authorizer({ keysMax: 2 });
  authorizer.allow(text(1), "engine");
  authorizer.allow(text(2), "engine");
  assert.throws(() => authorizer.allow(text(3), "engine"), LimitError);
  authorizer.revoke(text(1));
  authorizer.allow(text(3), "engine");
  assert.equal(authorizer.size, 2);
});

Deno.test("Authorizer allow refuses what is no key or no name", () => {
  const authorizer = new Authorizer();
  const good = text(1);
  assert.throws(() => authorizer.allow("short", "client"), RangeError);
  assert.throws(() => authorizer.allow(text(0), "client"), RangeError);
  assert.throws(
    () => authorizer.allow(`"${good.slice(1)}`, "client"),
    SyntaxError,
  );
  for (
    const name of ["a\nb", "\u{1b}[31m", "x".repeat(KEY_NAME_LENGTH_MAX + 1)]
  ) {
    assert.throws(() => authorizer.allow(good, "client", name), RangeError);
  }
  authorizer.allow(good, "client", "x".repeat(KEY_NAME_LENGTH_MAX));
  assert.equal(authorizer.size, 1);
});

Deno.test("Authorizer parse undoes toJSON", () => {
  const authorizer = new Authorizer();
  authorizer.allow(text(1), "client", "laptop");
  authorizer.allow(text(2), "engine");
  const copy = Authorizer.parse(JSON.parse(JSON.stringify(authorizer)));
  assert.deepEqual([...copy.entries()], [...authorizer.entries()]);
});

Deno.test.each([
  ["nothing", undefined, /version/],
  ["another version", { version: 2, keys: [] }, /version/],
  ["no list", { version: 1, keys: {} }, /keys is not a list/],
  ["no object", { version: 1, keys: [7] }, /keys\[0\].*publicKey/],
  ["no role", { version: 1, keys: [{ publicKey: text(1) }] }, /role/],
  [
    "an unknown role",
    { version: 1, keys: [{ publicKey: text(1), role: "toString" }] },
    /role/,
  ],
  [
    "a wrong name",
    { version: 1, keys: [{ publicKey: text(1), role: "client", name: 1 }] },
    /name/,
  ],
  [
    "a wrong key",
    { version: 1, keys: [{ publicKey: "short", role: "client" }] },
    /publicKey/,
  ],
])("Authorizer parse refuses %s", (_, value, message) => {
  assert.throws(() => Authorizer.parse(value), { name: "TypeError", message });
});

Deno.test("Authorizer parse keeps to keysMax", () => {
  const authorizer = new Authorizer();
  authorizer.allow(text(1), "client");
  authorizer.allow(text(2), "client");
  const value = authorizer.toJSON();
  assert.throws(() => Authorizer.parse(value, { keysMax: 1 }), LimitError);
});

Deno.test("isRole knows the names of roles only", () => {
  assert.ok(ROLES.every(isRole));
  for (const value of ["", "Client", "constructor", 1, undefined, ROLES]) {
    assert.equal(isRole(value), false);
  }
});
