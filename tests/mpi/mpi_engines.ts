/**
 * A cluster whose engines are the ranks of an MPI job.
 *
 * @module
 */
import { type Client, connect } from "../../mod.ts";
import { selfCommand } from "../../cluster/process/mod.ts";
import type { MpiFlavour } from "../../mpi/mod.ts";
import {
  IppdProcess,
  startController,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { mpiexecWords } from "./mpiexec.ts";

/** Engines may take this long to arrive: this machine may be busy. */
const ARRIVAL_TIMEOUT_MS = 20_000;

/** Runs the steps of one story with so many ranks. */
export async function withMpiEngines(
  flavour: MpiFlavour,
  ranks: number,
  words: readonly string[],
  story: (client: Client, job: IppdProcess) => Promise<void>,
): Promise<void> {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(folder);
    await using controller = process;
    // No engine dies of another's end.
    const recovery = flavour === "openmpi" ? ["--enable-recovery"] : [];
    const engine = selfCommand("engine", ["--connect", engineFile, ...words]);
    await using job = new IppdProcess(
      [...mpiexecWords(flavour, ranks), ...recovery, ...engine],
      folder,
    );
    await using client = await connect(clientFile);
    await client.waitForEngines(ranks, { timeoutMs: ARRIVAL_TIMEOUT_MS });
    await story(client, job);
    await client.shutdown();
    await job.ended();
    await controller.end();
  });
}
