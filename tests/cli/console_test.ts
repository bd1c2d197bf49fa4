import assert from "node:assert/strict";
import { selfCommand } from "../../cluster/process/mod.ts";
import { withIppdDir } from "./ippd_process.ts";

/** Types lines at a console of two engines; gives what it said. */
async function typed(lines: readonly string[]): Promise<string> {
  let said = "";
  await withIppdDir(async (folder) => {
    const [program = "", ...args] = selfCommand("console", ["-n", "2"]);
    const child = new Deno.Command(program, {
      args,
      env: { "IPPD_DIR": folder },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(lines.join("\n") + "\n"));
    await writer.close();
    const { stdout, stderr, code } = await child.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    said = new TextDecoder().decode(stdout);
  });
  return said;
}

Deno.test("ippd console runs lines on the engines and shows values, output and errors", async () => {
  const said = await typed([
    "const base: number = 40",
    "function add(x: number) {",
    "  return base + x;",
    "}",
    "add(2)",
    "%stream off",
    "console.log('seen', base)",
    "console.log('a'); console.error('b'); console.log('c')",
    "%group type",
    "%result",
    "%group order",
    "%result",
    "missing + 1",
    "%targets 1",
    "base",
    "%push factor = 3 * 7",
    "factor * 2",
    "%autopx off",
    "typeof base",
    "%px base",
    "%pull factor",
    "factor.length",
    "%tagets",
    "%result",
  ]);
  assert.match(said, /^\[0\] 42\n\[1\] 42$/m);
  assert.match(said, /^\[0\] seen 40\n\[1\] seen 40$/m);
  const [byEngine, byType, inOrder] = said.split(/^output is grouped .*\n/m);
  assert.match(byEngine ?? "", /^\[0\] a\n\[0\] c\n\[0 error\] b\n\[1\] a$/m);
  assert.match(
    byType ?? "",
    /^\[0\] a\n\[0\] c\n\[1\] a\n\[1\] c\n\[0 error\] b$/m,
  );
  const own = (inOrder ?? "").split("\n").filter((line) =>
    /^\[0\b.* [abc]$/.test(line)
  );
  assert.equal(own.length, 3);
  assert.ok(own.indexOf("[0] a") < own.indexOf("[0] c"), own.join());
  assert.match(said, /^\[0,1\] ReferenceError: missing is not defined$/m);
  assert.match(said, /^engines 1\n\[1\] 40\n\[1\] 42$/m);
  assert.match(said, /^plain lines run here\n"undefined"\n\[1\] 40$/m);
  assert.match(said, /^factor = \[ 21 \]\n1$/m);
  assert.match(said, /no such word; did you mean %targets\?\n\[1\] 40\n$/);
});
