/**
 * The guides: each program in them compiles, runs, and prints what the guide
 * says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { guidePrograms, matchesExpected } from "./guide_programs.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const GUIDES = `${ROOT}docs/guides`;

/** A program that takes longer hangs. */
const PROGRAM_TIMEOUT_MS = 60_000;

/** Runs a program as if it stood beside the guides. */
async function run(code: string): Promise<{ ok: boolean; text: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--check", "--quiet", "-"],
    cwd: GUIDES,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PROGRAM_TIMEOUT_MS),
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return success
    ? { ok: true, text: text(stdout) }
    : { ok: false, text: text(stdout) + text(stderr) };
}

for (const { name } of Deno.readDirSync(GUIDES)) {
  if (!name.endsWith(".md")) continue;
  const programs = guidePrograms(Deno.readTextFileSync(`${GUIDES}/${name}`));
  for (const [index, { code, expected }] of programs.entries()) {
    const which = index === 0 ? "" : ` (${index + 1})`;
    Deno.test(`docs/guides/${name}${which} prints what it says`, async () => {
      const { ok, text } = await run(code);
      assert.ok(ok, text);
      if (!matchesExpected(text, expected)) assert.equal(text, expected);
    });
  }
}
