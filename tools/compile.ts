// deno-lint-ignore-file no-console -- this program says what it makes
/**
 * `deno task compile [--smoke]`: makes `dist/ippd`, one file that runs every
 * role, and says in which of two forms: compiled by Deno, or, where the base
 * runtime for that cannot be had, self-extracting.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { compileByDeno, makeSelfExtractor } from "./executable.ts";
import { ROOT } from "./run_deno.ts";

const DIST = `${ROOT}dist/`;
const EXECUTABLE = `${DIST}ippd`;

/** Starts the executable with an empty cache and again with a full one. */
async function smokeTest(): Promise<void> {
  const cache = await Deno.makeTempDir({ prefix: "ippd-smoke-" });
  try {
    for (const what of ["first start", "second start"]) {
      const startedMs = performance.now();
      const { code, stdout, stderr } = await new Deno.Command(EXECUTABLE, {
        args: ["--help"],
        env: { XDG_CACHE_HOME: cache },
        cwd: cache,
        stdin: "null",
      }).output();
      const text = new TextDecoder();
      if (code !== 0 || stdout.length === 0) {
        throw new Error(`Cannot run ${EXECUTABLE}: ${text.decode(stderr)}`);
      }
      const tookMs = Math.round(performance.now() - startedMs);
      console.log(`${what}: ippd --help answered in ${tookMs} ms`);
    }
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { smoke: { type: "boolean" } } });
  await Deno.mkdir(DIST, { recursive: true });
  const isCompiled = await compileByDeno(EXECUTABLE);
  if (!isCompiled) await makeSelfExtractor(EXECUTABLE);
  const { size } = await Deno.stat(EXECUTABLE);
  const form = isCompiled
    ? "compiled"
    : "self-extracting, because the base runtime of deno compile is not here";
  const mebibytes = (size / 2 ** 20).toFixed(1);
  console.log(`dist/ippd: ${mebibytes} MiB, ${form}`);
  if (values.smoke) await smokeTest();
}

if (import.meta.main) await main();
