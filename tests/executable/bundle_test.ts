import assert from "node:assert/strict";
import { bundlePrograms, stagePrograms } from "../../tools/mod.ts";

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

Deno.test("stagePrograms() brings both kinds of cryptography", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ippd test " });
  const program = `${folder}/crypto_program.js`;
  const run = async (...permissions: string[]): Promise<string> => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...permissions, program],
      cwd: folder,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return `${text.decode(stdout)}${text.decode(stderr)}`;
  };
  try {
    await stagePrograms(folder, [["tests/executable/crypto_program.ts"]]);
    assert.equal(await run("--allow-ffi", "--allow-read"), "native 32\n");
    assert.equal(await run(), "wasm 32\n");
    // A library that does not load leaves WebAssembly.
    const library = `${folder}/sodium-native.node`;
    await Deno.rename(library, `${library}.kept`);
    await Deno.writeTextFile(library, "no library");
    assert.equal(await run("--allow-ffi", "--allow-read"), "wasm 32\n");
    // One that loads needs none.
    await Deno.rename(`${library}.kept`, library);
    for (const { name } of await Array.fromAsync(Deno.readDir(folder))) {
      if (name.startsWith("libsodium")) await Deno.remove(`${folder}/${name}`);
    }
    assert.equal(await run("--allow-ffi", "--allow-read"), "native 32\n");
    assert.match(await run(), /Module not found/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
