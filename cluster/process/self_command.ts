/**
 * How to start ippd itself in another role.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import {
  builtFile,
  programsBeside,
  projectPrograms,
  ROLE_PROGRAMS,
  runsUserCode,
} from "./built_programs.ts";

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
  /** URL of the folder of the build that this program is of, if any. */
  readonly beside: URL | undefined;
  /** URL of the folder of programs built from this source, if any. */
  readonly built: URL | undefined;
}

/**
 * The command that runs ippd in a role: program first, then arguments. Each
 * form of ippd is known: source, built, compiled, and self-extracting, which
 * names itself in `IPPD_EXECUTABLE`. A program that only has the client module
 * runs the `ippd` of its search path.
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
  const { executable, standalone, runtime, mainModule, ownMain } = form;
  const program = ROLE_PROGRAMS.get(role);
  // Flags such as --cached-only or --no-lock were measured: they save nothing.
  const run = (file: string, folder: URL): string[] => {
    const path = fileURLToPath(new URL(file, folder));
    return [runtime, "run", "-A", ...runtimeFlags(role), path];
  };
  if (form.beside !== undefined && program !== undefined) {
    return run(builtFile(program), form.beside);
  }
  if (executable !== undefined && executable !== "") return [executable];
  if (standalone) {
    // A user's compiled program must never be started in place of ippd: it
    // would start its cluster again, without end.
    return mainModule === ownMain.href ? [runtime] : ["ippd"];
  }
  if (!form.hasOwnMain) return ["ippd"];
  if (form.built !== undefined && program !== undefined) {
    return run(builtFile(program), form.built);
  }
  return run(program ?? "main.ts", ownMain);
}

/**
 * Flags of the runtime for a role. Those that only pass messages on do without
 * V8's last compiler: its threads keep a core from a call on its way for
 * longer than the call takes.
 */
function runtimeFlags(role: string): readonly string[] {
  const passesOn = ROLE_PROGRAMS.has(role) && !runsUserCode(role);
  return passesOn ? ["--v8-flags=--no-turbofan"] : [];
}

let knownForm: ProgramForm | undefined;

/** It does not change while the process lives, and is looked up in files. */
function currentForm(): ProgramForm {
  knownForm ??= lookUpForm();
  return { ...knownForm, executable: Deno.env.get(EXECUTABLE_VARIABLE) };
}

function lookUpForm(): ProgramForm {
  const here = new URL(import.meta.url);
  const ownMain = new URL("../../main.ts", here);
  const hasOwnMain = ownMain.protocol === "file:" && isFile(ownMain);
  const beside = programsBeside(here);
  const isSource = beside === undefined && hasOwnMain;
  return {
    executable: undefined,
    standalone: Deno.build.standalone,
    runtime: Deno.execPath(),
    mainModule: Deno.mainModule,
    ownMain,
    hasOwnMain,
    beside,
    built: isSource ? projectPrograms(ownMain) : undefined,
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
