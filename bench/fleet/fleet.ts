// deno-lint-ignore-file no-console -- this program prints how far it is
/**
 * A process with many simulated engines: `deno run -A fleet.ts FILE COUNT`
 * with the engines' connection file. Says `loaded`, starts them when it reads
 * something, and says `ready` when all are; ends with its standard input.
 *
 * @module
 */
import { randomWord } from "../../base/mod.ts";
import {
  loadCurveCrypto,
  parseKeyPair,
  readConnectionFile,
} from "../../security/mod.ts";
import { BatchPool } from "../../zmtp/mod.ts";
import { SimulatedEngine } from "./simulated_engine.ts";

/** Engines that join at the same time: those of a host come in some order. */
const JOINING_MAX = 32;

async function main(): Promise<void> {
  const [path = "", count = "0"] = Deno.args;
  const info = await readConnectionFile(path);
  const crypto = await loadCurveCrypto();
  const keyPair = parseKeyPair(info.keys, crypto);
  const word = randomWord();
  const engines = Number(count);
  const pool = new BatchPool();
  let started = 0;
  let ready = 0;
  const startNext = (): void => {
    if (started === engines) return;
    new SimulatedEngine({
      info,
      crypto,
      keyPair,
      routingId: `e-${word}-${started++}`,
      pool,
      onReady: () => {
        if (++ready === engines) console.log("ready");
        startNext();
      },
    }).start();
  };
  console.log("loaded");
  const buffer = new Uint8Array(1);
  await Deno.stdin.read(buffer);
  for (let index = 0; index < JOINING_MAX; index++) startNext();
  while (await Deno.stdin.read(buffer) !== null);
  Deno.exit(0);
}

if (import.meta.main) await main();
