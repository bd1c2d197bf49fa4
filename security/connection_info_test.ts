import assert from "node:assert/strict";
import fc from "fast-check";
import { ConnectionFileError } from "../base/mod.ts";
import {
  CONNECTION_INFO_BYTES_MAX,
  connectionFileName,
  type ConnectionInfo,
  formatConnectionInfo,
  parseConnectionInfo,
} from "./connection_info.ts";
import { encodeZ85 } from "./z85.ts";

const SECRET = encodeZ85(new Uint8Array(32).fill(77));

const INFO: ConnectionInfo = {
  version: 1,
  clusterId: "night-run",
  role: "engine",
  location: "node17.example",
  hub: ["tcp://10.0.0.1:4242", "tcp://[::1]:4242", "ipc:///run/ippd/hub"],
  publicKey: encodeZ85(new Uint8Array(32).fill(1)),
  keys: { publicKey: encodeZ85(new Uint8Array(32).fill(2)), secretKey: SECRET },
};

function parseChanged(changes: object): ConnectionInfo {
  return parseConnectionInfo(JSON.stringify({ ...INFO, ...changes }), "a.json");
}

function refuses(problem: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ConnectionFileError, String(error));
    assert.equal(error.problem, problem);
    assert.match(error.message, message);
    assert.match(error.message, /a\.json/);
    assert.ok(!error.message.includes(SECRET));
    assert.equal(error.cause, undefined);
    return true;
  };
}

Deno.test("parseConnectionInfo undoes formatConnectionInfo", () => {
  assert.deepEqual(parseConnectionInfo(formatConnectionInfo(INFO), "x"), INFO);
  const empty = { ...INFO, clusterId: "", location: "" };
  assert.deepEqual(parseChanged(empty), empty);
});

Deno.test("parseConnectionInfo ignores unknown fields", () => {
  const parsed = parseChanged({ later: 1, keys: { ...INFO.keys, more: 2 } });
  assert.deepEqual(parsed, INFO);
});

Deno.test.each([
  ["clusterId", "../up"],
  ["clusterId", ".hidden"],
  ["clusterId", "a b"],
  ["clusterId", "a\n"],
  ["clusterId", "x".repeat(65)],
  ["clusterId", 7],
  ["role", "hub"],
  ["role", "toString"],
  ["location", "a b"],
  ["location", "\u{1b}[2J"],
  ["location", "x".repeat(256)],
  ["hub", []],
  ["hub", "tcp://a:1"],
  ["hub", Array(65).fill("tcp://a:1")],
  ["hub", ["tcp://a"]],
  ["hub", ["tcp://a:0"]],
  ["hub", ["tcp://a:65536"]],
  ["hub", ["tcp://::1:80"]],
  ["hub", ["http://a:1"]],
  ["hub", ["tcp://a b:1"]],
  ["hub", ["ipc://relative"]],
  ["hub", [`tcp://${"x".repeat(512)}:1`]],
  ["hub", [1]],
  ["publicKey", SECRET + "0"],
  ["publicKey", undefined],
  ["keys", "none"],
  ["keys", []],
  ["keys.publicKey", { secretKey: SECRET }],
  ["keys.secretKey", { publicKey: SECRET, secretKey: SECRET.slice(1) }],
])(
  "parseConnectionInfo names the field %s that is not valid",
  (name, value) => {
    assert.throws(
      () => parseChanged({ [name.split(".")[0] ?? name]: value }),
      refuses("malformed", new RegExp(`${name} is .*; expected `)),
    );
  },
);

Deno.test("parseConnectionInfo refuses other versions as such", () => {
  assert.throws(() => parseChanged({ version: 2 }), refuses("version", /is 2/));
  for (const version of [undefined, "1", 1.5]) {
    assert.throws(
      () => parseChanged({ version }),
      refuses("malformed", /version/),
    );
  }
});

Deno.test("parseConnectionInfo does not quote text that is not JSON", () => {
  for (
    const text of [`{"secretKey": "${SECRET}" oops`, SECRET, "", "[1]", "null"]
  ) {
    assert.throws(
      () => parseConnectionInfo(text, "a.json"),
      refuses("malformed", /JSON/),
    );
  }
});

Deno.test("parseConnectionInfo refuses text beyond its limit", () => {
  const text = formatConnectionInfo(INFO).padEnd(CONNECTION_INFO_BYTES_MAX);
  assert.deepEqual(parseConnectionInfo(text, "a.json"), INFO);
  assert.throws(
    () => parseConnectionInfo(text + " ", "a.json"),
    refuses("malformed", /longer/),
  );
});

Deno.test("parseConnectionInfo refuses any other JSON by its own error", () => {
  fc.assert(fc.property(fc.json(), (text) => {
    assert.throws(() => parseConnectionInfo(text, "x"), ConnectionFileError);
  }));
});

Deno.test("connectionFileName holds cluster id and role", () => {
  assert.equal(connectionFileName("", "client"), "ippd-client.json");
  assert.equal(connectionFileName("b2", "engine"), "ippd-b2-engine.json");
  assert.throws(() => connectionFileName("../b2", "engine"), RangeError);
});
