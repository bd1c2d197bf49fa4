// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of piscina, worker threads of one Node process: the bound of what
 * a single machine can do. One JSON line, in the form of the harness. Needs
 * `npm install --prefix .contestants piscina bullmq ioredis`.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(
  new URL("../.contestants/package.json", import.meta.url),
);
const { Piscina } = require("piscina");
const { version } = JSON.parse(readFileSync(
  new URL("../.contestants/node_modules/piscina/package.json", import.meta.url),
  "utf8",
));

const WORKERS = 2;
const TASKS = 20_000;
const CALLS = 2_000;
const ECHO_MIB = 16;
const ECHOES = 10;
const MAP_ITEMS = 100_000;
const MAP_CHUNK = 1_000;

const started = performance.now();
const pool = new Piscina({
  filename: fileURLToPath(new URL("contestant_work.mjs", import.meta.url)),
  minThreads: WORKERS,
  maxThreads: WORKERS,
});
function run(name, data) {
  return pool.run(data, { name });
}

await run("noop");
const figures = [{
  figure: "start",
  value: (performance.now() - started) / 1000,
  unit: "s",
}];
for (let call = 0; call < 500; call++) await run("noop");

for (const figure of ["first tasks", "tasks"]) {
  const began = performance.now();
  await Promise.all(Array.from({ length: TASKS }, () => run("noop")));
  figures.push(rate(figure, TASKS, began, "1/s"));
}

const took = [];
for (let call = 0; call < CALLS; call++) {
  const at = performance.now();
  await run("noop");
  took.push(performance.now() - at);
}
took.sort((a, b) => a - b);
figures.push({ figure: "call p50", value: took[CALLS / 2], unit: "ms" });
figures.push({
  figure: "call p99",
  value: took[Math.floor(CALLS * 0.99)],
  unit: "ms",
});

const data = new Uint8Array(ECHO_MIB * 2 ** 20);
let began = performance.now();
for (let echo = 0; echo < ECHOES; echo++) await run("echo", data);
figures.push(rate("16 MiB echo", 2 * ECHO_MIB * ECHOES, began, "MiB/s"));

const items = Array.from({ length: MAP_ITEMS }, (_, index) => index);
began = performance.now();
const chunks = [];
for (let at = 0; at < MAP_ITEMS; at += MAP_CHUNK) {
  chunks.push(run("squares", items.slice(at, at + MAP_CHUNK)));
}
const squares = (await Promise.all(chunks)).flat();
figures.push(rate("map", squares.length, began, "items/s"));

function rate(figure, amount, from, unit) {
  return { figure, value: amount * 1000 / (performance.now() - from), unit };
}

console.log(JSON.stringify({
  figures,
  versions: {
    Node: process.versions.node,
    piscina: version,
  },
}));
await pool.destroy();
