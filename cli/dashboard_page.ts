/**
 * Serves the dashboard's page: beside a controller, or about a cluster that
 * runs.
 *
 * @module
 */
import { type Client, connect } from "../client/mod.ts";
import { Dashboard } from "../dashboard/mod.ts";
import {
  type ConnectionInfo,
  removePrivateFile,
  writePrivateFile,
} from "../security/mod.ts";
import { ClusterViewSource } from "./cluster_view_source.ts";
import { dashboardFilePath, type ListenAddress } from "./dashboard_option.ts";
import { CliError, EXIT } from "./exit_codes.ts";
import type { Terminal } from "./terminal.ts";

/** What a controller's page is about. */
export interface ControllerPage {
  /** Where it is served. */
  readonly address: ListenAddress;
  /** What its client must know to connect. */
  readonly info: ConnectionInfo;
  /** The profile. */
  readonly profile: string;
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
}

/**
 * Serves the page of a controller by a client of its own, and says where.
 *
 * @throws {CliError} when the address cannot be had.
 */
export async function openControllerPage(
  { address, info, profile, clusterId }: ControllerPage,
  terminal: Terminal,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const client = stack.use(await connect(info));
  const dashboard = stack.use(openDashboard(client, profile, address));
  const path = dashboardFilePath(profile, clusterId);
  const file = { path, what: "address" };
  await writePrivateFile(file, `${dashboard.url}\n`);
  stack.defer(async () => void await removePrivateFile(file));
  // The address opens the page, so it goes to the terminal and to a private
  // file, never into a log.
  if (Deno.stderr.isTerminal()) terminal.error(`  page     ${dashboard.url}`);
  else terminal.error(`  page     its address is in ${path}`);
  return stack.move();
}

/**
 * Begins to show a cluster.
 *
 * @throws {CliError} when the address cannot be had.
 */
export function openDashboard(
  client: Client,
  profile: string,
  address: ListenAddress,
): Dashboard {
  try {
    const source = new ClusterViewSource(client, profile);
    return new Dashboard({ source, ...address });
  } catch (cause) {
    const { hostname, port } = address;
    throw new CliError(
      EXIT.addressInUse,
      `Cannot serve the dashboard on ${hostname}:${port}: ${
        cause instanceof Error ? cause.message : String(cause)
      }; choose another port`,
      { cause },
    );
  }
}
