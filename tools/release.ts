// deno-lint-ignore-file no-console -- this program says what it makes
/**
 * `deno task release [--output DIR]`: an executable for each platform and
 * their checksums, in `dist/release`. Where the base runtime of a platform
 * cannot be had, this one gets the self-extracting form, and others nothing,
 * which is said.
 *
 * @module
 */
import { parseArgs } from "node:util";
import config from "../deno.json" with { type: "json" };
import { compileByDeno, makeSelfExtractor, sha256 } from "./executable.ts";
import {
  checksumLines,
  CHECKSUMS_FILE,
  RELEASE_TARGETS,
  releaseFile,
} from "./release_plan.ts";
import { ROOT } from "./run_deno.ts";

/** Makes the executable of one platform; says in which form, if any. */
async function makeExecutable(target: string, path: string): Promise<string> {
  if (await compileByDeno(path, target)) return "compiled";
  if (target !== Deno.build.target) {
    return "left out: its base runtime cannot be downloaded";
  }
  await makeSelfExtractor(path);
  return "self-extracting";
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { output: { type: "string", default: `${ROOT}dist/release` } },
  });
  const folder = values.output;
  await Deno.mkdir(folder, { recursive: true });
  const digests = new Map<string, string>();
  for (const { target, platform } of RELEASE_TARGETS) {
    const file = releaseFile(config.version, platform);
    const path = `${folder}/${file}`;
    // What an earlier run has made must not look like this one's.
    await Deno.remove(path).catch(() => undefined);
    console.log(`${file}: ${await makeExecutable(target, path)}`);
    const bytes = await Deno.readFile(path).catch(() => undefined);
    if (bytes !== undefined) digests.set(file, sha256(bytes));
  }
  if (digests.size === 0) throw new Error("Cannot release: nothing was made");
  await Deno.writeTextFile(
    `${folder}/${CHECKSUMS_FILE}`,
    checksumLines(digests),
  );
  console.log(
    `${CHECKSUMS_FILE}: ${digests.size} of ${RELEASE_TARGETS.length}`,
  );
}

if (import.meta.main) await main();
