/**
 * The way from a host back to the controller, through one connection.
 *
 * @module
 */
import { ConnectionError } from "../../base/mod.ts";
import type { ConnectionInfo } from "../../security/mod.ts";
import { guardedCommand } from "./guarded_command.ts";
import type { EngineLaunch, Job, ServerAddress } from "./launcher.ts";
import { LocalJob } from "./local_job.ts";
import { startDetached } from "./local_launcher.ts";

/** How long the connection may take. */
const TUNNEL_TIMEOUT_MS = 20_000;
const LOOK_INTERVAL_MS = 50;

/** A tunnel that stands. */
export interface Tunnel {
  /** Its `ssh`. */
  readonly job: Job;
  /** What engines behind it must know. */
  readonly info: ConnectionInfo;
}

/** One thing that is to be reached through a tunnel. */
interface Target {
  /** `host:port`, from here. */
  readonly address: string;
  /** The endpoints that mean it. */
  readonly endpoints: readonly string[];
}

/**
 * Opens a tunnel for hub and schedulers.
 *
 * @throws {ConnectionError} when the host cannot be reached, or refuses.
 */
export async function openTunnel(
  ssh: (...flags: readonly string[]) => readonly string[],
  launch: EngineLaunch,
): Promise<Tunnel> {
  const info = await launch.engineInfo();
  const hub = target({ endpoints: info.hub });
  const schedulers = (await launch.schedulers()).map(target);
  const targets = [hub, ...schedulers];
  const ports = new Map<string, number>();
  const onStderr = (line: string): void => {
    const [, port, address] =
      /^Allocated port (\d+) for remote forward to (\S+)/.exec(line) ?? [];
    if (address !== undefined) ports.set(address, Number(port));
  };
  const command = ssh(...tunnelFlags(targets.map(({ address }) => address)));
  const job = startTunnel(command, launch, onStderr);
  await untilOpen(job, () => {
    if (launch.detached) job.lastLines.forEach(onStderr);
    return ports.size === new Set(targets.map((one) => one.address)).size;
  });
  const local = ({ address }: Target): string =>
    `tcp://127.0.0.1:${ports.get(address)}`;
  const routes = Object.fromEntries(
    schedulers.flatMap((one) =>
      one.endpoints.map((endpoint) => [endpoint, local(one)])
    ),
  );
  return { job, info: { ...info, hub: [local(hub)], routes } };
}

/** Flags of `ssh` that forward ports of the host's choice. */
export function tunnelFlags(addresses: readonly string[]): string[] {
  return [
    "-N",
    // The ports that the host chose are said on this level.
    ...["-o", "LogLevel=INFO"],
    ...["-o", "ExitOnForwardFailure=yes"],
    ...["-o", "ServerAliveInterval=15"],
    ...[...new Set(addresses)].flatMap((address) => [
      "-R",
      `127.0.0.1:0:${address}`,
    ]),
  ];
}

function startTunnel(
  command: readonly string[],
  { logFolder, detached }: EngineLaunch,
  onStderr: (line: string) => void,
): Job {
  const what = "ssh";
  return detached
    ? startDetached({ what, command, logFolder, names: [] })
    : new LocalJob({ what, command: guardedCommand(command), onStderr }, []);
}

async function untilOpen(job: Job, isOpen: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + TUNNEL_TIMEOUT_MS;
  while (!isOpen()) {
    const isOver = job.state.kind === "ended" || performance.now() > deadlineMs;
    if (isOver) {
      const words = job.lastLines.join(" ");
      await job.stop();
      throw new ConnectionError(
        `Cannot open a tunnel: ssh ${
          job.state.kind === "ended" ? "ended" : "takes too long"
        } (${words.slice(0, 500)})`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}

/** What an endpoint means, seen from here: loopback is the nearest way. */
function target({ endpoints }: ServerAddress): Target {
  const tcp = endpoints.filter((endpoint) => endpoint.startsWith("tcp://"));
  const chosen = tcp.find((one) => one.startsWith("tcp://127.")) ?? tcp[0];
  if (chosen === undefined) {
    throw new ConnectionError(
      `Cannot open a tunnel to ${endpoints.join()}: only TCP can be tunnelled`,
    );
  }
  return { address: chosen.slice("tcp://".length), endpoints };
}
