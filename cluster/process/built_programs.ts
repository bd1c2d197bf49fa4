/**
 * The programs of roles as files of their own, and where built ones are.
 *
 * @module
 */

/**
 * Programs of one role each, by subcommand, as paths from the project's folder.
 * They start sooner than the whole program, of which Deno reads whatever may
 * be imported, and built sooner again: a slot in half of the time.
 */
export const ROLE_PROGRAMS: ReadonlyMap<string, string> = new Map([
  ["controller", "cli/controller_program.ts"],
  ["engine", "cli/engine_program.ts"],
  ["scheduler", "cli/scheduler_program.ts"],
  ["slot", "engine/slot_program.ts"],
]);

/** Whether a role runs code of users; the others only pass messages on. */
export function runsUserCode(role: string): boolean {
  return role === "slot";
}

/** The file that a program is built into. */
export function builtFile(program: string): string {
  return program.replace(/^.*\//, "").replace(/\.ts$/, ".js");
}

/** Where the project's own programs are built, from its folder. */
export const BUILT_FOLDER = "dist/programs/";

/**
 * Beside the project's built programs: what they were made of, as paths from
 * the project's folder. Its time is when the building began.
 */
export const SOURCES_FILE = "sources.json";

/**
 * The folder of a module's own build: the one that its file is in, if the
 * programs of all roles are there as well.
 *
 * @param here URL of the file that the module is in.
 */
export function programsBeside(here: URL): URL | undefined {
  const folder = new URL(".", here);
  return here.protocol === "file:" && hasPrograms(folder) ? folder : undefined;
}

/**
 * The folder of the project's built programs, unless something that they were
 * made of has changed since.
 *
 * @param root The project's folder.
 */
export function projectPrograms(root: URL): URL | undefined {
  const folder = new URL(BUILT_FOLDER, root);
  if (root.protocol !== "file:") return undefined;
  return hasPrograms(folder) && isUpToDate(folder, root) ? folder : undefined;
}

function hasPrograms(folder: URL): boolean {
  return [...ROLE_PROGRAMS.values()].every((program) =>
    modifiedAt(new URL(builtFile(program), folder)) !== undefined
  );
}

function isUpToDate(folder: URL, root: URL): boolean {
  const manifest = new URL(SOURCES_FILE, folder);
  const builtAt = modifiedAt(manifest);
  if (builtAt === undefined) return false;
  const sources: unknown = JSON.parse(Deno.readTextFileSync(manifest));
  if (!Array.isArray(sources)) return false;
  return sources.every((source) => {
    const changedAt = modifiedAt(new URL(String(source), root));
    return changedAt !== undefined && changedAt < builtAt;
  });
}

/** When a file was changed, in milliseconds; `undefined` if it is not there. */
function modifiedAt(file: URL): number | undefined {
  try {
    return Deno.statSync(file).mtime?.getTime();
  } catch {
    // Not there, or not for us to see: then it cannot be run either.
    return undefined;
  }
}
