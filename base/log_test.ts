import assert from "node:assert/strict";
import {
  createLogger,
  type LogFormat,
  type Logger,
  readLogLine,
} from "./mod.ts";

function logger(format: LogFormat): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger({
    write: (line) => void lines.push(line),
    format,
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  });
  return { log, lines };
}

const TIME = "2026-01-02T03:04:05.006Z";

Deno.test("createLogger() writes JSON that programs can read, one object a line", () => {
  const { log, lines } = logger("json");
  log.with({ engineId: 3 }).warn("engine left", {
    reason: "line\nbreak",
    error: new TypeError("no"),
    big: 10n,
    missing: undefined,
  });
  assert.equal(lines.length, 1);
  const [line = ""] = lines;
  assert.equal(line.includes("\n"), false);
  assert.deepEqual(JSON.parse(line), {
    time: TIME,
    level: "warn",
    event: "engine left",
    engineId: 3,
    reason: "line\nbreak",
    error: "TypeError: no",
    big: "10",
  });
});

Deno.test("createLogger() lets no field take the place of time, level or event", () => {
  const { log, lines } = logger("json");
  log.info("said", { event: "mine", level: "grave", __proto__x: 1 });
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    time: TIME,
    level: "info",
    event: "said",
    event_: "mine",
    level_: "grave",
    __proto__x: 1,
  });
});

for (const format of ["text", "json"] as const) {
  Deno.test(`createLogger() never fails at what ${format} cannot say`, () => {
    const { log, lines } = logger(format);
    const ring: { self?: unknown } = {};
    ring.self = ring;
    log.error("odd", { ring, nested: { cause: new Error("deep"), n: 1n } });
    assert.equal(lines.length, 1);
  });
}

Deno.test("readLogLine() gives people the same of both forms", () => {
  const fields = { peer: "e-1", reason: "two words", count: 2 };
  const [text, json] = (["text", "json"] as const).map((format) => {
    const { log, lines } = logger(format);
    log.warn("peer refused", fields);
    return readLogLine(lines[0] ?? "");
  });
  assert.equal(
    text?.text,
    `${TIME} warn  peer refused peer=e-1 reason="two words" count=2`,
  );
  assert.equal(json?.text, text?.text);
  assert.equal(json?.level, "warn");
  assert.equal(text?.level, "warn");
  assert.deepEqual(json?.fields, {
    time: TIME,
    level: "warn",
    event: "peer refused",
    ...fields,
  });
});

for (const line of ["Uncaught oops", '{"time":', '{"time":1}', ""]) {
  Deno.test(`readLogLine() leaves ${JSON.stringify(line)} as it is`, () => {
    assert.deepEqual(readLogLine(line), {
      text: line,
      level: undefined,
      fields: { event: line },
    });
  });
}
