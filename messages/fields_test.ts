import assert from "node:assert/strict";
import { ProtocolError } from "../base/mod.ts";
import {
  countList,
  LIST_LENGTH_MAX,
  mapList,
  NAME_LENGTH_MAX,
  text,
  textList,
} from "./fields.ts";

Deno.test("lists in messages have a limit", () => {
  const long = { type: "t", items: new Array(LIST_LENGTH_MAX + 1).fill(0) };
  const most = { type: "t", items: new Array(LIST_LENGTH_MAX).fill(0) };
  assert.equal(countList(most, "items").length, LIST_LENGTH_MAX);
  for (const read of [countList, textList]) {
    assert.throws(() => read(long, "items"), ProtocolError);
  }
  assert.throws(
    () => mapList(long, "items", (item) => item),
    /Cannot read message t: items is not a list of at most 1048576 items/,
  );
});

Deno.test("texts in messages have a limit", () => {
  const name = "x".repeat(NAME_LENGTH_MAX);
  assert.equal(text({ name }, "name"), name);
  assert.throws(() => text({ name: `${name}x` }, "name"), ProtocolError);
});
