/**
 * Signals of the operating system by name.
 *
 * @module
 */
import { constants } from "node:os";

/**
 * The name of a signal.
 *
 * @param signal Its name or number.
 * @throws {TypeError} when this system has no such signal.
 */
export function signalName(signal: string | number): string {
  const known = Object.entries(constants.signals);
  const found = known.find(([name, number]) =>
    name === signal || number === signal
  );
  if (found !== undefined) return found[0];
  throw new TypeError(
    `Cannot send signal ${
      String(signal)
    }: it must be a name such as SIGUSR1, or its number`,
  );
}
