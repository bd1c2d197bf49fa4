// deno-lint-ignore-file no-console -- this program says what it did
/**
 * `deno task programs`: builds the programs of roles into `dist/programs`, from
 * where they are started until a source of theirs changes. `--if-changed`
 * builds only what is not up to date, and goes on where nothing can be built.
 *
 * @module
 */
import {
  BUILT_FOLDER,
  projectPrograms,
  ROLE_PROGRAMS,
  SOURCES_FILE,
} from "../cluster/process/mod.ts";
import { stagePrograms } from "./programs.ts";
import { ROOT, runDeno } from "./run_deno.ts";

/** Programs that run load parts of earlier builds when they want them. */
const KEPT_MS = 24 * 3_600_000;
/** Reading a program's imports takes a second. */
const INFO_TIMEOUT_MS = 60_000;

/** What a program is made of in this project, as paths from its folder. */
async function sourcesOf(entry: string): Promise<string[]> {
  const { code, stdout, stderr } = await runDeno(
    ["info", "--json", entry],
    INFO_TIMEOUT_MS,
  );
  if (code !== 0) throw new Error(`Cannot read ${entry}: ${stderr}`);
  const { modules } = JSON.parse(stdout) as {
    modules: { specifier: string }[];
  };
  const root = new URL(`file://${ROOT}`).href;
  return modules.map(({ specifier }) => specifier)
    .filter((specifier) => specifier.startsWith(root))
    .map((specifier) => specifier.slice(root.length));
}

/** Removes what was built before a time. */
async function removeOld(folder: string, beforeMs: number): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const { mtime } = await Deno.stat(`${folder}${name}`);
    const isOld = mtime !== null && mtime.getTime() < beforeMs;
    if (isOld) await Deno.remove(`${folder}${name}`);
  }
}

async function build(): Promise<void> {
  const startedAt = new Date();
  const folder = `${ROOT}${BUILT_FOLDER}`;
  await Deno.mkdir(folder, { recursive: true });
  const draft = await Deno.makeTempDir({ dir: `${ROOT}dist`, prefix: "new-" });
  const entries = ["main.ts", ...ROLE_PROGRAMS.values()];
  const sources = new Set(["deno.json", "deno.lock"]);
  for (const list of await Promise.all(entries.map(sourcesOf))) {
    for (const source of list) sources.add(source);
  }
  const names = await stagePrograms(draft);
  const manifest = `${draft}/${SOURCES_FILE}`;
  await Deno.writeTextFile(manifest, JSON.stringify([...sources].sort()));
  await Deno.utime(manifest, startedAt, startedAt);
  // One that runs may start another at any time: it finds whole files.
  for (const name of [...names, SOURCES_FILE]) {
    await Deno.rename(`${draft}/${name}`, `${folder}${name}`);
  }
  await Deno.remove(draft, { recursive: true });
  await removeOld(folder, startedAt.getTime() - KEPT_MS);
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  console.error(`${BUILT_FOLDER}: built in ${seconds.toFixed(1)} s`);
}

/** Builds what is not up to date; without that, the sources are run. */
async function buildIfChanged(): Promise<void> {
  if (projectPrograms(new URL(`file://${ROOT}`)) !== undefined) return;
  try {
    await build();
  } catch (error) {
    console.error("Cannot build, so the sources are run instead:", error);
  }
}

if (import.meta.main) {
  await (Deno.args.includes("--if-changed") ? buildIfChanged() : build());
}
