// deno-lint-ignore-file no-console -- this program prints how far it is
/**
 * A process with many simulated engines: `deno run -A fleet.ts FILE COUNT`
 * with the engines' connection file. Says `ready` when all are; ends with
 * its standard input.
 *
 * @module
 */
import { randomWord } from "../../base/mod.ts";
import {
  loadCurveCrypto,
  parseKeyPair,
  readConnectionFile,
} from "../../security/mod.ts";
import { SimulatedEngine } from "./simulated_engine.ts";

async function main(): Promise<void> {
  const [path = "", count = "0"] = Deno.args;
  const info = await readConnectionFile(path);
  const crypto = await loadCurveCrypto();
  const keyPair = parseKeyPair(info.keys, crypto);
  const word = randomWord();
  const engines = Number(count);
  let ready = 0;
  for (let index = 0; index < engines; index++) {
    new SimulatedEngine({
      info,
      crypto,
      keyPair,
      routingId: `e-${word}-${index}`,
      onReady: () => {
        if (++ready === engines) console.log("ready");
      },
    }).start();
  }
  const buffer = new Uint8Array(1);
  while (await Deno.stdin.read(buffer) !== null);
  Deno.exit(0);
}

if (import.meta.main) await main();
