import assert from "node:assert/strict";
import { formatAnnouncement, parseAnnouncement } from "./announcement.ts";

const ANNOUNCEMENT = {
  clientFile: "/a/ippd-client.json",
  engineFile: "/a/ippd-engine.json",
  hub: ["tcp://127.0.0.1:5555"],
  pid: 7,
};

Deno.test("parseAnnouncement() reads what formatAnnouncement() wrote", () => {
  const line = formatAnnouncement(ANNOUNCEMENT);
  assert.ok(!line.includes("\n"));
  assert.deepEqual(parseAnnouncement(line), ANNOUNCEMENT);
});

Deno.test.each([
  ["not JSON"],
  ["null"],
  ["{}"],
  [JSON.stringify({ ...ANNOUNCEMENT, pid: "7" })],
  [JSON.stringify({ ...ANNOUNCEMENT, hub: [7] })],
  [JSON.stringify({ ...ANNOUNCEMENT, engineFile: undefined })],
])("parseAnnouncement() gives nothing for %s", (line) => {
  assert.equal(parseAnnouncement(line), undefined);
});
