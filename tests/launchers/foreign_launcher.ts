/**
 * A launcher as somebody else would write it.
 *
 * @module
 */
import type { Launcher, LauncherOptions } from "../../mod.ts";
import { LocalLauncher } from "../../cluster/mod.ts";

/** Makes it from options. */
export function launcher(options: LauncherOptions): Launcher {
  const local = new LocalLauncher();
  const greeting = `greeting=${String(options["greeting"])}`;
  return {
    name: "foreign",
    options,
    startEngines: (launch) =>
      local.startEngines({
        ...launch,
        args: [...launch.args, "--label", greeting],
      }),
    attach: (handle, names) => local.attach(handle, names),
  };
}
