import assert from "node:assert/strict";
import { clientImports } from "./client_module.ts";

Deno.test("clientImports() finds the module of the source tree", () => {
  const imports = clientImports();
  const own = new URL("../mod.ts", import.meta.url).href;
  assert.equal(imports?.["@ippd/ippd"], own);
  assert.match(imports?.["acorn"] ?? "", /^npm:/);
});

Deno.test("clientImports() finds the bundled module beside a bundle", async () => {
  const folder = await Deno.makeTempDir();
  const here = new URL(`file://${folder}/`);
  assert.equal(clientImports(`${here}ippd.js`), undefined);
  await Deno.writeTextFile(`${folder}/mod.js`, "");
  const module = { "@ippd/ippd": `${here}mod.js` };
  assert.deepEqual(clientImports(`${here}ippd.js`), module);
  await Deno.writeTextFile(`${folder}/sodium_native.js`, "");
  assert.deepEqual(clientImports(`${here}ippd.js`), {
    ...module,
    "sodium-native/binding.js": `${here}sodium_native.js`,
  });
  await Deno.remove(folder, { recursive: true });
});
