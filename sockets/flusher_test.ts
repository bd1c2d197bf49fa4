import { deepEqual } from "node:assert/strict";
import { type Flushable, Flusher } from "./flusher.ts";

function link(log: string[], name: string, queuedMessages = 1): Flushable {
  return {
    flushWanted: false,
    queuedMessages,
    flush: () => void log.push(name),
  };
}

Deno.test("Flusher flushes each connection once per turn", async () => {
  const log: string[] = [];
  const flusher = new Flusher();
  const [one, other] = [link(log, "one"), link(log, "other")];
  for (let count = 0; count < 10; count++) {
    flusher.want(one);
    flusher.want(other);
  }
  deepEqual(log, []);
  await Promise.resolve();
  deepEqual(log, ["one", "other"]);
  flusher.want(one);
  await Promise.resolve();
  deepEqual(log, ["one", "other", "one"]);
});

Deno.test("Flusher does not wait when many messages do", async () => {
  const log: string[] = [];
  const flusher = new Flusher();
  const busy = link(log, "busy", 64);
  flusher.want(busy);
  deepEqual(log, []);
  flusher.want(busy);
  deepEqual(log, ["busy"]);
  await Promise.resolve();
  deepEqual(log, ["busy", "busy"]);
});

Deno.test("Flusher takes wishes that come while it flushes", async () => {
  const log: string[] = [];
  const flusher = new Flusher();
  const late = link(log, "late");
  const first: Flushable = {
    flushWanted: false,
    queuedMessages: 1,
    flush: () => flusher.want(late),
  };
  flusher.want(first);
  await Promise.resolve();
  await Promise.resolve();
  deepEqual(log, ["late"]);
});
