/**
 * What the scripts of all batch systems have in common.
 *
 * @module
 */
import type { BatchVariables } from "./batch_system.ts";
import { shellCommand } from "./shell_words.ts";

/** What differs between systems. */
export interface ScriptParts {
  /** What begins a line for the system, such as `#SBATCH`. */
  readonly prefix: string;
  /** The lines for the system. */
  readonly directives: readonly string[];
  /** Shell arithmetic: the number of the job in its array, from 0. */
  readonly task: string;
  /** How several engines of one job are started. Absent, side by side. */
  readonly several?: (command: string) => readonly string[];
}

/** A script that starts the engines of one job. */
export function batchScript(
  variables: BatchVariables,
  { prefix, directives, task, several }: ScriptParts,
): string {
  const { enginesPerJob: count, firstIndex, prologue } = variables;
  const engine = `${
    shellCommand(variables.engine)
  } --launch "${variables.launchPrefix}$((ippd_first + ippd_rank))"`;
  const lines = [
    "#!/bin/sh",
    ...[...directives, ...variables.directives].map((directive) =>
      `${prefix} ${directive}`
    ),
    "",
    ...prologue,
    `ippd_first=$((${firstIndex} + (${task}) * ${count}))`,
    ...(count === 1
      ? ["ippd_rank=0", `exec ${engine} </dev/null`]
      : several?.(engine) ?? sideBySide(engine, count)),
  ];
  return lines.join("\n") + "\n";
}

/** One line for each value that is there. */
export function given(
  ...pairs: readonly (readonly [string, string | undefined])[]
): string[] {
  return pairs.flatMap(([flag, value]) =>
    value === undefined ? [] : [`${flag}${value}`]
  );
}

function sideBySide(engine: string, count: number): readonly string[] {
  return [
    "ippd_rank=0",
    `while [ "$ippd_rank" -lt ${count} ]; do`,
    `  ${engine} </dev/null &`,
    "  ippd_rank=$((ippd_rank + 1))",
    "done",
    "wait",
  ];
}
