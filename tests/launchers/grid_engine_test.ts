import { conforms, startsControllers } from "./conformance.ts";
import { GridEngineHost } from "./grid_engine_host.ts";
import { hasPrograms, isRoot } from "./programs.ts";

Deno.test({
  name: "the Grid Engine launcher conforms",
  ignore: !isRoot() || !hasPrograms("sge_qmaster", "sge_execd", "qsub"),
  fn: async (t) => {
    await using host = await GridEngineHost.start();
    for (const [name, value] of Object.entries(host.environment)) {
      Deno.env.set(name, value);
    }
    try {
      const launcherOptions = { pollIntervalMs: 300 };
      const options = { launcher: "sge", launcherOptions };
      await conforms(t, { options, enginesPerJob: 1, hasSignals: false });
      await t.step(
        "a controller is a job",
        () => startsControllers("sge", launcherOptions),
      );
    } finally {
      for (const name of Object.keys(host.environment)) Deno.env.delete(name);
    }
  },
});
