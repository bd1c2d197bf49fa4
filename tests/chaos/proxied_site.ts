/**
 * A cluster whose every connection can be cut: a controller, an engine and a
 * client, with a proxy on each of their four lines.
 *
 * @module
 */
import { type Client, connect, type ConnectOptions } from "../../mod.ts";
import type { ConnectionInfo } from "../../security/mod.ts";
import {
  parseConnectionInfo,
  readConnectionFile,
  writePrivateFile,
} from "../../security/mod.ts";
import {
  type IppdProcess,
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { TcpProxy } from "./tcp_proxy.ts";

/** The lines of a cluster, by who speaks with whom. */
export interface Lines {
  /** From the client to the hub. */
  readonly clientHub: TcpProxy;
  /** From the client to the scheduler. */
  readonly clientScheduler: TcpProxy;
  /** From the engine to the hub. */
  readonly engineHub: TcpProxy;
  /** From the engine to the scheduler. */
  readonly engineScheduler: TcpProxy;
}

/** What a story about lines has. */
export interface ProxiedSite {
  /** Reaches the cluster through its lines. */
  readonly client: Client;
  /** The lines. */
  readonly lines: Lines;
  /** The controller. */
  readonly controller: IppdProcess;
  /** The engine. */
  readonly engine: IppdProcess;
  /** The folder of its files. */
  readonly folder: string;
  /** A connection file for clients, without proxies. */
  readonly clientFile: string;
  /** A connection file for engines, without proxies. */
  readonly engineFile: string;
}

/** Runs a story on a cluster of its own. */
export async function withProxiedSite(
  story: (site: ProxiedSite) => Promise<void>,
  options: ConnectOptions = {},
): Promise<void> {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(folder);
    await using controller = process;
    const clientInfo = await readConnectionFile(clientFile);
    const engineInfo = await readConnectionFile(engineFile);
    const hub = overTcp(clientInfo.hub);
    const scheduler = await schedulerOf(clientFile);
    await using clientHub = new TcpProxy(hub);
    await using clientScheduler = new TcpProxy(scheduler);
    await using engineHub = new TcpProxy(hub);
    await using engineScheduler = new TcpProxy(scheduler);
    const file = `${folder}/through-proxies.json`;
    await writePrivateFile(
      { path: file, what: "connection file" },
      JSON.stringify(
        through(engineInfo, engineHub, scheduler, engineScheduler),
      ),
    );
    await using engine = startIppd(folder, "engine", "--connect", file);
    await using client = await connect(
      through(clientInfo, clientHub, scheduler, clientScheduler),
      options,
    );
    await client.waitForEngines(1);
    await story({
      client,
      lines: { clientHub, clientScheduler, engineHub, engineScheduler },
      controller,
      engine,
      folder,
      clientFile,
      engineFile,
    });
  });
}

/** Connection info that leads through proxies. */
function through(
  info: ConnectionInfo,
  hub: TcpProxy,
  scheduler: string,
  toScheduler: TcpProxy,
): ConnectionInfo {
  return parseConnectionInfo(
    JSON.stringify({
      ...info,
      hub: [hub.endpoint],
      routes: { [scheduler]: toScheduler.endpoint },
    }),
    "the proxies",
  );
}

/** Where the scheduler listens for others. */
async function schedulerOf(clientFile: string): Promise<string> {
  await using client = await connect(clientFile);
  return overTcp(client.schedulers[0]?.endpoints ?? []);
}

function overTcp(endpoints: readonly string[]): string {
  const found = endpoints.find((one) => one.startsWith("tcp://127.0.0.1:"));
  if (found === undefined) throw new Error(`no TCP among ${endpoints.join()}`);
  return found;
}
