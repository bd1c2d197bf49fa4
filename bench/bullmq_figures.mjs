// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * Figures of BullMQ on a Redis of its own: one JSON line, in the form of the
 * harness. Two workers in processes of their own. A job's data is JSON, so
 * there is no echo of bytes. Needs `redis-server`, and
 * `npm install --prefix .contestants piscina bullmq ioredis`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const require = createRequire(
  new URL("../.contestants/package.json", import.meta.url),
);
const { Queue, QueueEvents, Worker } = require("bullmq");

const WORKERS = 2;
const TASKS = 3_000;
const CALLS = 300;
const MAP_ITEMS = 100_000;
const MAP_CHUNK = 1_000;
const CONCURRENCY = 50;
const QUEUE = "figures";

/** A worker process: does what it is told until it is killed. */
function work(path) {
  new Worker(
    QUEUE,
    ({ name, data }) =>
      Promise.resolve(
        name === "squares" ? data.map((x) => x * x) : undefined,
      ),
    { connection: { path }, concurrency: CONCURRENCY },
  );
}

async function measure(path, started) {
  const connection = { path };
  const queue = new Queue(QUEUE, { connection });
  const events = new QueueEvents(QUEUE, { connection });
  await events.waitUntilReady();
  const done = async (job) => await job.waitUntilFinished(events);
  const call = async () => await done(await queue.add("noop", {}));
  await call();
  const figures = [{
    figure: "start",
    value: (performance.now() - started) / 1000,
    unit: "s",
  }];
  for (const figure of ["first tasks", "tasks"]) {
    const began = performance.now();
    const jobs = await queue.addBulk(
      Array.from({ length: TASKS }, () => ({ name: "noop", data: {} })),
    );
    await Promise.all(jobs.map(done));
    figures.push(rate(figure, TASKS, began, "1/s"));
  }
  const took = [];
  for (let index = 0; index < CALLS; index++) {
    const at = performance.now();
    await call();
    took.push(performance.now() - at);
  }
  took.sort((a, b) => a - b);
  figures.push({ figure: "call p50", value: took[CALLS / 2], unit: "ms" });
  figures.push({
    figure: "call p99",
    value: took[Math.floor(CALLS * 0.99)],
    unit: "ms",
  });
  const items = Array.from({ length: MAP_ITEMS }, (_, index) => index);
  const began = performance.now();
  const chunks = [];
  for (let at = 0; at < MAP_ITEMS; at += MAP_CHUNK) {
    chunks.push({ name: "squares", data: items.slice(at, at + MAP_CHUNK) });
  }
  const mapped = await Promise.all((await queue.addBulk(chunks)).map(done));
  figures.push(rate("map", mapped.flat().length, began, "items/s"));
  return figures;
}

function rate(figure, amount, from, unit) {
  return { figure, value: amount * 1000 / (performance.now() - from), unit };
}

async function main() {
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "ippd-bench-"));
  const path = join(folder, "redis");
  const quiet = { stdio: "ignore" };
  const children = [
    spawn("redis-server", [
      ...["--port", "0", "--unixsocket", path, "--dir", folder],
      ...["--save", "", "--appendonly", "no"],
    ], quiet),
  ];
  while (!existsSync(path)) await sleep(10);
  const self = fileURLToPath(import.meta.url);
  for (let index = 0; index < WORKERS; index++) {
    children.push(spawn(process.execPath, [self, "work", path], quiet));
  }
  try {
    const figures = await measure(path, started);
    const { version } = JSON.parse(readFileSync(
      new URL(
        "../.contestants/node_modules/bullmq/package.json",
        import.meta.url,
      ),
      "utf8",
    ));
    const versions = { Node: process.versions.node, BullMQ: version };
    console.log(JSON.stringify({ figures, versions }));
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
  process.exit(0);
}

if (process.argv[2] === "work") work(process.argv[3]);
else await main();
