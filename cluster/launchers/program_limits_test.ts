import assert from "node:assert/strict";
import { PROGRAM_OUTPUT_BYTES_MAX, runProgram } from "./run_program.ts";
import { TAIL_BYTES_MAX, tailOfFile } from "./tail_of_file.ts";

Deno.test("runProgram() keeps no more than PROGRAM_OUTPUT_BYTES_MAX, and lets the program end", async () => {
  const bytes = PROGRAM_OUTPUT_BYTES_MAX + (1 << 20);
  const script = `head -c ${bytes} /dev/zero; echo done >&2`;
  const { code, stdout, stderr } = await runProgram(["sh", "-c", script], {
    purpose: "say too much",
  });
  assert.equal(code, 0);
  assert.equal(stderr, "done\n");
  assert.ok(stdout.length > 0 && stdout.length <= PROGRAM_OUTPUT_BYTES_MAX);
});

Deno.test("tailOfFile() looks at no more than TAIL_BYTES_MAX", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "x".repeat(TAIL_BYTES_MAX + 7) + "\nend\n");
    const [first = "", last] = tailOfFile(path);
    assert.equal(first.length, TAIL_BYTES_MAX - "\nend\n".length);
    assert.equal(last, "end");
  } finally {
    await Deno.remove(path);
  }
});
