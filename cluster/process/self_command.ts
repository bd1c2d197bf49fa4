/**
 * How to start ippd itself in another role.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The environment variable that names the executable. */
export const EXECUTABLE_VARIABLE = "IPPD_EXECUTABLE";

/**
 * Programs of one role each, from the project's folder. From source they start
 * sooner than the whole program, of which Deno reads whatever may be imported.
 */
const ROLE_PROGRAMS: ReadonlyMap<string, string> = new Map([
  ["controller", "cli/controller_program.ts"],
  ["engine", "cli/engine_program.ts"],
  ["scheduler", "cli/scheduler_program.ts"],
  ["slot", "engine/slot_program.ts"],
]);

/** In which form this program runs. */
export interface ProgramForm {
  /** What {@linkcode EXECUTABLE_VARIABLE} says. */
  readonly executable: string | undefined;
  /** Whether the process is a compiled program, ippd or another. */
  readonly standalone: boolean;
  /** Path of the running executable: Deno, or the compiled program. */
  readonly runtime: string;
  /** URL of the module that the process started with. */
  readonly mainModule: string;
  /** URL where ippd's own main module would be. */
  readonly ownMain: URL;
  /** Whether that is a file, and there. */
  readonly hasOwnMain: boolean;
}

/**
 * The command that runs ippd in a role: program first, then arguments. Each
 * form of ippd is known: source, compiled, and self-extracting, which names
 * itself in `IPPD_EXECUTABLE`. A program that only has the client module runs
 * the `ippd` of its search path.
 *
 * @param role The subcommand.
 */
export function selfCommand(
  role: string,
  args: readonly string[] = [],
): string[] {
  return [...programWords(currentForm(), role), role, ...args];
}

/** The words that start the program of a role, without role and arguments. */
export function programWords(form: ProgramForm, role: string): string[] {
  if (form.executable !== undefined && form.executable !== "") {
    return [form.executable];
  }
  if (form.standalone) {
    // A user's compiled program must never be started in place of ippd: it
    // would start its cluster again, without end.
    return form.mainModule === form.ownMain.href ? [form.runtime] : ["ippd"];
  }
  if (!form.hasOwnMain) return ["ippd"];
  // Flags such as --cached-only or --no-lock were measured: they save nothing.
  const program = new URL(ROLE_PROGRAMS.get(role) ?? "main.ts", form.ownMain);
  return [form.runtime, "run", "-A", fileURLToPath(program)];
}

function currentForm(): ProgramForm {
  const ownMain = new URL("../../main.ts", import.meta.url);
  return {
    executable: Deno.env.get(EXECUTABLE_VARIABLE),
    standalone: Deno.build.standalone,
    runtime: Deno.execPath(),
    mainModule: Deno.mainModule,
    ownMain,
    hasOwnMain: ownMain.protocol === "file:" && isFile(ownMain),
  };
}

function isFile(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch {
    // Not there, or not for us to see: the search path is left.
    return false;
  }
}
