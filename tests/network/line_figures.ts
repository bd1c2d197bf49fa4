// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * How long 16 MiB take between hosts, in milliseconds: one JSON line. Client,
 * controller and engine are in network namespaces, and the line of each lets so
 * much pass as the only word says, such as `400mbit`; 1 Gbit/s otherwise. Needs
 * root and `tc`.
 *
 * @module
 */
import { selfCommand } from "../../cluster/process/mod.ts";
import { IppdProcess, withIppdDir } from "../cli/ippd_process.ts";
import { Namespaces } from "./namespaces.ts";

const HEAD = "10.79.6.1";
const HOSTS = {
  head: [`${HEAD}/24`],
  near: ["10.79.6.2/24"],
  desk: ["10.79.6.3/24"],
} as const;
const MEBIBYTES = 16;
const ROUNDS = 15;
const CLIENT = new URL("line_client.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
/** A folder so deep that the scheduler's Unix socket has no name. */
const DEEP = "d".repeat(120);

async function limit(hosts: Namespaces, rate: string): Promise<void> {
  for (const host of Object.keys(HOSTS)) {
    const [program = "", ...enter] = hosts.enter(host);
    const rule = ["root", "tbf", "rate", rate, "burst", "512kb"];
    const args = ["tc", "qdisc", "add", "dev", "eth0", ...rule];
    const { success, stderr } = await new Deno.Command(program, {
      args: [...enter, ...args, "latency", "20ms"],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }
}

async function measure(folder: string, rate: string): Promise<string> {
  await using hosts = await Namespaces.make(HOSTS);
  await limit(hosts, rate);
  const on = (host: string, ...command: string[]): IppdProcess =>
    new IppdProcess([...hosts.enter(host), ...command], folder);
  const security = `${folder}/default/security`;
  await using head = on("head", ...selfCommand("controller", ["--ip", HEAD]));
  await head.says(/ clients {2}/);
  const file = `${security}/ippd-engine.json`;
  await using near = on("near", ...selfCommand("engine", ["--connect", file]));
  await head.says(/engine registers/);
  await using desk = on(
    "desk",
    ...[Deno.execPath(), "run", "-A", "--config", CONFIG, CLIENT],
    ...[`${security}/ippd-client.json`, String(MEBIBYTES), String(ROUNDS)],
  );
  const { code, stdout, stderr } = await desk.ended();
  if (code !== 0) throw new Error(stderr);
  await head.end("SIGINT");
  await near.ended();
  return stdout;
}

async function main(): Promise<void> {
  await withIppdDir(async (folder) => {
    const deep = `${folder}/${DEEP}`;
    await Deno.mkdir(deep);
    console.log((await measure(deep, Deno.args[0] ?? "1gbit")).trim());
  });
}

if (import.meta.main) await main();
