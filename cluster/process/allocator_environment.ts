/**
 * What the processes that ippd starts are told of memory.
 *
 * @module
 */
import { allocatorVariables } from "../../base/mod.ts";

/** Variables for a new process, as far as nobody has chosen others. */
export function allocatorEnvironment(): Record<string, string> {
  return allocatorVariables((name) => {
    // Who may read few variables is not asked for more because of these.
    const { state } = Deno.permissions.querySync({
      name: "env",
      variable: name,
    });
    return state === "granted" ? Deno.env.get(name) : undefined;
  });
}
