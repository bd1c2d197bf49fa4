// deno-lint-ignore-file no-console -- this program says what it did
/**
 * `deno task labextension [FOLDER]`: builds the panel for JupyterLab as a
 * prebuilt extension, into `dist/labextensions` or another folder of
 * JupyterLab's extensions, such as `~/.local/share/jupyter/labextensions`.
 *
 * @module
 */
import { parseArgs } from "node:util";

const ROOT = new URL("../", import.meta.url).pathname;
const NAME = "@ippd/jupyterlab";

/** What JupyterLab's server reads of an extension. */
function manifest(version: string): string {
  const load = "static/remoteEntry.js";
  return `${
    JSON.stringify(
      {
        name: NAME,
        version,
        description: "Clusters of live TypeScript engines",
        license: "BSD-3-Clause",
        jupyterlab: {
          extension: true,
          _build: { load, extension: "./extension" },
        },
      },
      null,
      2,
    )
  }\n`;
}

/** Builds the extension below a folder of extensions; gives its own folder. */
async function bundleLabextension(folder: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--format", "iife"],
      "labextension/remote_entry.ts",
    ],
    cwd: ROOT,
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  if (code !== 0) {
    throw new Error(`Cannot build the extension: ${text(stderr)}`);
  }
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const target = `${folder}/${NAME}`;
  await Deno.mkdir(`${target}/static`, { recursive: true });
  await Deno.writeTextFile(`${target}/package.json`, manifest(version));
  await Deno.writeTextFile(`${target}/static/remoteEntry.js`, text(stdout));
  return target;
}

async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const folder = positionals[0] ?? `${ROOT}dist/labextensions`;
  console.log(await bundleLabextension(folder));
}

if (import.meta.main) await main();
