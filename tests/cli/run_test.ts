import assert from "node:assert/strict";
import { join } from "node:path";
import { runIppd, withIppdDir } from "./ippd_process.ts";

const PROGRAM = `
import { connect } from "@ippd/ippd";
await using client = await connect();
const values = await client.directView().apply((n: number) => n + 1, 41);
console.log(JSON.stringify({ values, args: Deno.args }));
Deno.exitCode = 3;
`;

Deno.test("ippd run gives a program a cluster, its arguments and its exit code", async () => {
  await withIppdDir(async (folder) => {
    const program = join(folder, "program.ts");
    await Deno.writeTextFile(program, PROGRAM);
    const { code, stdout, stderr } = await runIppd(
      folder,
      ...["run", program, "-n", "2", "--", "--fast", "x"],
    );
    assert.equal(code, 3, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      values: [42, 42],
      args: ["--fast", "x"],
    });
    assert.equal(stderr, "");
  });
});

Deno.test("ippd run names a file that is not there", async () => {
  await withIppdDir(async (folder) => {
    const { code, stderr } = await runIppd(folder, "run", "nope.ts");
    assert.equal(code, 2);
    assert.match(stderr, /^ippd: Cannot run nope\.ts: there is no such file/);
  });
});

Deno.test("ippd config show tells where each value comes from", async () => {
  await withIppdDir(async (folder) => {
    await Deno.mkdir(join(folder, "default"));
    const file = join(folder, "default", "ippd.json");
    await Deno.writeTextFile(file, '{"controller":{"port":7777}}');
    const shown = await runIppd(folder, "config", "show", "-o", "json");
    assert.deepEqual(JSON.parse(shown.stdout), [
      { name: "controller.port", value: 7777, source: "file", from: file },
    ]);
    await Deno.writeTextFile(file, '{"controller":{"prt":7777}}');
    const refused = await runIppd(folder, "controller");
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /controller\.prt is not known; did you mean port\?/,
    );
  });
});
