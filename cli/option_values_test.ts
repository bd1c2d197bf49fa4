import assert from "node:assert/strict";
import { InvalidArgumentError } from "commander";
import {
  hostName,
  label,
  plainName,
  portNumber,
  resource,
  seconds,
  slotCount,
  wholeNumber,
} from "./option_values.ts";

type Read = (text: string) => unknown;

const READ: readonly (readonly [string, Read, string, unknown])[] = [
  ["wholeNumber", wholeNumber(0, 10), "10", 10],
  ["portNumber", portNumber, "0", 0],
  ["portNumber", portNumber, "65535", 65_535],
  ["seconds", seconds, "1.5", 1_500],
  ["slotCount", slotCount, "4", 4],
  ["slotCount", slotCount, "auto", navigator.hardwareConcurrency],
  ["label", label, "rack=b=7", { rack: "b=7" }],
  ["label", label, "empty=", { empty: "" }],
  ["resource", resource, "gpu=1.5", { gpu: 1.5 }],
  ["hostName", hostName, "fe80::1%eth0", "fe80::1%eth0"],
  ["plainName", plainName, "my-cluster.2", "my-cluster.2"],
  ["plainName", plainName, "", ""],
];

Deno.test("option values are read", () => {
  for (const [name, read, text, value] of READ) {
    assert.deepEqual(read(text), value, `${name} ${text}`);
  }
});

const REFUSED: readonly (readonly [string, Read, readonly string[]])[] = [
  ["wholeNumber", wholeNumber(1, 10), [
    "0",
    "11",
    "",
    "1e1",
    "0x1",
    "-1",
    " 1",
  ]],
  ["portNumber", portNumber, ["65536", "http", "80.5"]],
  ["seconds", seconds, ["0", "-1", "Infinity", "1m", ""]],
  ["slotCount", slotCount, ["0", "4097", "all"]],
  ["resource", resource, ["", "gpu", "gpu=", "gpu=-1", "gpu=x", "=1"]],
  ["label", label, ["", "a", "=b", "a b=c", `a=${"x".repeat(257)}`, "a=b\nc"]],
  ["hostName", hostName, ["", "a b", "a/b", "x".repeat(256)]],
  ["plainName", plainName, ["../up", "a b", "-a", "x".repeat(65)]],
];

Deno.test("option values out of form are refused", () => {
  for (const [name, read, texts] of REFUSED) {
    for (const text of texts) {
      assert.throws(() => read(text), InvalidArgumentError, `${name} ${text}`);
    }
  }
});

Deno.test("label() adds to the labels before", () => {
  assert.deepEqual(label("a=3", { a: "1", b: "2" }), { a: "3", b: "2" });
});
