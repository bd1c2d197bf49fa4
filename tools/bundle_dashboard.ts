// deno-lint-ignore-file no-console -- this program says what it did
/**
 * `deno task dashboard`: bundles the dashboard's page, so that nothing has to
 * be fetched or built where it runs. `--check` only says whether the bundle
 * is that of the sources.
 *
 * @module
 */

const ROOT = new URL("../", import.meta.url).pathname;
const BUNDLE = `${ROOT}dashboard/assets/app.js.txt`;

/** Bundles the page's program; gives its text. */
export async function bundleDashboard(): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--minify"],
      "dashboard/ui/main.tsx",
    ],
    cwd: ROOT,
  }).output();
  if (code === 0) return new TextDecoder().decode(stdout);
  throw new Error(
    `Cannot bundle the dashboard: ${new TextDecoder().decode(stderr)}`,
  );
}

async function main(): Promise<void> {
  const text = await bundleDashboard();
  if (Deno.args.includes("--check")) {
    if (await Deno.readTextFile(BUNDLE) === text) return;
    console.log(
      "The dashboard's bundle is not that of its sources: deno task dashboard",
    );
    Deno.exit(1);
  }
  await Deno.writeTextFile(BUNDLE, text);
  console.log(`${BUNDLE}: ${text.length} characters`);
}

if (import.meta.main) await main();
