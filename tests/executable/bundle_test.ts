import assert from "node:assert/strict";
import { bundlePrograms } from "../../tools/mod.ts";

const ASSETS = new URL("../../dashboard/assets/", import.meta.url);

Deno.test("bundlePrograms() keeps what is imported as text", async () => {
  // Far from the project: what it needs must be in it.
  const folder = await Deno.makeTempDir({ prefix: "ippd test " });
  try {
    const bundle = `${folder}/assets_program.js`;
    await bundlePrograms(["tests/executable/assets_program.ts"], folder);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", bundle],
      cwd: folder,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stderr));
    const asset = (name: string): Promise<string> =>
      Deno.readTextFile(new URL(name, ASSETS));
    assert.deepEqual(JSON.parse(text.decode(stdout)), {
      "/": await asset("index.html"),
      "/app.css": await asset("app.css"),
      "/app.js": await asset("app.js.txt"),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
