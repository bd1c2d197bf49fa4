import assert from "node:assert/strict";
import { lineText } from "./logs_command.ts";
import { COLOURED, PLAIN } from "./style.ts";

Deno.test("lineText() shows both forms of a log alike", () => {
  const json =
    '{"time":"2026-01-02T03:04:05.006Z","level":"warn","event":"peer refused","reason":"no key"}';
  const text = '2026-01-02T03:04:05.006Z warn  peer refused reason="no key"';
  assert.equal(lineText("hub-1", json, PLAIN), `[hub-1] ${text}\n`);
  assert.equal(lineText("hub-1", text, PLAIN), `[hub-1] ${text}\n`);
  assert.equal(
    lineText("hub-1", json, COLOURED),
    `\x1b[2m[hub-1]\x1b[0m \x1b[33m${text}\x1b[0m\n`,
  );
  assert.equal(
    lineText("e-1", "Uncaught oops", PLAIN),
    "[e-1] Uncaught oops\n",
  );
});
