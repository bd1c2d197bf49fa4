import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

/** What is published besides the modules. */
const OTHERS: readonly string[] = ["LICENSE", "README.md", "deno.json"];

/** Runs `deno` in the project; gives what it says. */
async function deno(...args: readonly string[]): Promise<{
  readonly stdout: string;
  readonly stderr: string;
}> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  const said = { stdout: text.decode(stdout), stderr: text.decode(stderr) };
  assert.equal(code, 0, said.stderr);
  return said;
}

/** The paths that lie in the project, from its folder. */
function ownPaths(urls: readonly string[]): string[] {
  return urls.filter((url) => url.startsWith(ROOT.href))
    .map((url) => url.slice(ROOT.href.length)).sort();
}

Deno.test("publishing takes what the module needs, and nothing else", async () => {
  const graph: unknown = JSON.parse(
    (await deno("info", "--json", config.exports)).stdout,
  );
  assert.ok(typeof graph === "object" && graph !== null && "modules" in graph);
  assert.ok(Array.isArray(graph.modules));
  const needed = ownPaths(
    graph.modules.map((one: { specifier: string }) => one.specifier),
  );
  assert.ok(needed.length > 100 && needed.includes("mod.ts"));
  const { stdout, stderr } = await deno(
    ...["publish", "--dry-run", "--allow-dirty", "--no-check"],
  );
  const listed = [...`${stdout}${stderr}`.matchAll(/^\s+(file:\S+) \(.*\)$/gm)]
    .map(([, url = ""]) => url);
  assert.deepEqual(ownPaths(listed), [...needed, ...OTHERS].sort());
  // Launchers of others are imported by the URL that their user names.
  const warnings = [...stderr.matchAll(/^(?:warning|error).*\n.*?-->(.*)$/gm)]
    .map(([, place = ""]) => place.trim().split(":", 1)[0]);
  assert.deepEqual(
    warnings,
    [new URL("cluster/launchers/registry.ts", ROOT).pathname],
  );
});
