import assert from "node:assert/strict";
import { projectPrograms } from "../../cluster/mod.ts";

const ROOT = new URL("../../", import.meta.url);
const isBuilt = projectPrograms(ROOT) !== undefined;

/** Prints the command line of a slot of a cluster of its own. */
const PROGRAM = `
import { Cluster } from "./mod.ts";
await using cluster = await Cluster.start({ n: 1 });
await using client = await cluster.connect();
const command = await client.at(0).apply(() =>
  Deno.readTextFileSync("/proc/self/cmdline")
);
console.log(command.split("\\0").join(" "));
`;

/** A copy of the project, with the times of its files. */
async function withCopy(story: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "ippd copy " });
  try {
    const { code } = await new Deno.Command("/bin/sh", {
      args: [
        "-c",
        "git ls-files --cached --others --exclude-standard -z |\n" +
        'xargs -0 cp -a --parents -t "$0" && cp -a --parents dist/programs "$0"',
        folder,
      ],
      cwd: ROOT,
    }).output();
    assert.equal(code, 0);
    await Deno.writeTextFile(`${folder}/program.ts`, PROGRAM);
    await story(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function slotCommand(folder: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${folder}/program.ts`],
    env: { IPPD_DIR: `${folder}/state` },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

Deno.test({
  name:
    "a cluster runs what was built from the source, until the source changes",
  ignore: !isBuilt,
  fn: () =>
    withCopy(async (folder) => {
      assert.match(
        await slotCommand(folder),
        /\/dist\/programs\/slot_program\.js slot \n/,
      );
      const now = new Date();
      await Deno.utime(`${folder}/base/clock.ts`, now, now);
      assert.match(
        await slotCommand(folder),
        /\/engine\/slot_program\.ts slot \n/,
      );
    }),
});
