/**
 * A controller on another host, by the user's own `ssh`.
 *
 * @module
 */
import { ConnectionError, toError } from "../../base/mod.ts";
import { connectionFilePath } from "../../client/profile/mod.ts";
import {
  parseConnectionInfo,
  writeConnectionFile,
} from "../../security/mod.ts";
import {
  type Announcement,
  formatAnnouncement,
  parseAnnouncement,
} from "../process/mod.ts";
import type { ControllerLaunch, Job } from "./launcher.ts";
import { LocalJob } from "./local_job.ts";
import { shellWord } from "./shell_words.ts";
import type { SshHost } from "./ssh_host.ts";
import { SshJob } from "./ssh_job.ts";
import {
  controllerCommand,
  controllerScript,
  type RemoteController,
  startedEngines,
} from "./ssh_scripts.ts";

/**
 * Starts a controller on a host, and copies its connection files to here.
 * Unless it is detached, it ends with the connection of `ssh`, hence with this
 * program.
 *
 * @throws {ConnectionError} when the host cannot be reached, or a detached
 * controller ends at once.
 */
export async function startSshController(
  host: SshHost,
  launch: ControllerLaunch,
  start: RemoteController,
): Promise<Job> {
  const what = `controller on ${host.name}`;
  const take = async (announcement: Announcement): Promise<void> => {
    try {
      const own = await fetchFiles(host, launch, announcement);
      launch.onStdout(formatAnnouncement({ ...announcement, ...own }));
    } catch (error) {
      launch.onFailed(toError(error));
    }
  };
  if (!launch.detached) {
    const command = host.command(controllerCommand(start));
    const { logFolder } = launch;
    const onStdout = (line: string): void => {
      const announcement = parseAnnouncement(line);
      if (announcement !== undefined) void take(announcement);
    };
    return new LocalJob({ what, command, logFolder, onStdout }, []);
  }
  const said = await host.run("start a controller", controllerScript(start));
  const [process] = startedEngines(said);
  const announcement = said.split("\n").map(parseAnnouncement)
    .find((found) => found !== undefined);
  if (process === undefined || announcement === undefined) {
    throw new ConnectionError(
      `Cannot start a controller on ${host.name}: ${lastWords(said)}`,
    );
  }
  const job = new SshJob(host, process, "controller");
  await take(announcement);
  return job;
}

/** Copies the connection files to where those of this machine would be. */
async function fetchFiles(
  host: SshHost,
  { clusterId, profile }: ControllerLaunch,
  { clientFile, engineFile }: Announcement,
): Promise<Pick<Announcement, "clientFile" | "engineFile">> {
  const fetch = async (
    role: "client" | "engine",
    remote: string,
  ): Promise<string> => {
    const script = `cat ${shellWord(remote)}\n`;
    const text = await host.run("read a connection file", script);
    const path = connectionFilePath({ profile, clusterId, role });
    await writeConnectionFile(path, parseConnectionInfo(text, remote));
    return path;
  };
  const [client, engine] = await Promise.all([
    fetch("client", clientFile),
    fetch("engine", engineFile),
  ]);
  return { clientFile: client, engineFile: engine };
}

function lastWords(said: string): string {
  const lines = said.trimEnd().split("\n");
  const complaint = lines.findLast((line) => line.startsWith("ippd: "));
  const last = complaint?.slice("ippd: ".length) ?? lines.at(-1);
  return last === undefined || last.startsWith("ippd-started")
    ? "it ended and said nothing"
    : last;
}
