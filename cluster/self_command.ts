/**
 * How to start ippd itself in another role.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The environment variable that names the executable. */
export const EXECUTABLE_VARIABLE = "IPPD_EXECUTABLE";

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
  return [...programWords(currentForm()), role, ...args];
}

/** The words that start the program, without role and arguments. */
export function programWords(form: ProgramForm): string[] {
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
  return [form.runtime, "run", "-A", fileURLToPath(form.ownMain)];
}

function currentForm(): ProgramForm {
  const ownMain = new URL("../main.ts", import.meta.url);
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
