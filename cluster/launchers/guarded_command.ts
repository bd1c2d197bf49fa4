/**
 * Programs of others that end with this one.
 *
 * @module
 */

/**
 * Runs a program, and ends it when standard input ends: what `ippd` does by
 * itself, for programs that do not. The program has no standard input.
 */
const GUARD = `unset IPPD_PARENT_PIPE
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
(
  read -r line <&3
  [ "$line" = detach ] || kill -TERM "$program"
) >/dev/null 2>&1 &
watch=$!
trap 'kill -TERM "$program"' TERM
trap '' INT
wait "$program"
code=$?
while kill -0 "$program" 2>/dev/null; do
  wait "$program"
  code=$?
done
kill "$watch" 2>/dev/null
exit "$code"`;

/** The command of a program that ends when its standard input ends. */
export function guardedCommand(command: readonly string[]): string[] {
  return ["/bin/sh", "-c", GUARD, "ippd-guard", ...command];
}
