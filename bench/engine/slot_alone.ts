/**
 * A slot's process, with nobody above it but what hears that it is ready.
 *
 * @module
 */
import { selfCommand } from "../../cluster/process/mod.ts";
import { inspectorFlags } from "../../engine/mod.ts";
import { decodeEnvelopes } from "../../messages/mod.ts";
import { RouterSocket } from "../../sockets/mod.ts";

/**
 * How long a slot takes from its start until it says that it is ready, in
 * milliseconds: without what an engine does meanwhile.
 */
export async function startSlot(): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-slot-" });
  const endpoint = `ipc://${folder}/s`;
  const ready = Promise.withResolvers<void>();
  const socket = new RouterSocket({
    security: { kind: "null" },
    onMessage: (_peer, parts) => {
      for (const { message } of decodeEnvelopes(parts)) {
        if (message.type === "slot_ready") ready.resolve();
      }
    },
  });
  await socket.bind(endpoint);
  const [program = "", run = "", ...words] = selfCommand("slot");
  const startedMs = performance.now();
  const child = new Deno.Command(program, {
    args: [run, ...inspectorFlags(), ...words],
    env: {
      IPPD_SLOT_SOCKET: endpoint,
      IPPD_SLOT_TOKEN: "slot-alone-slot-alone-1",
      IPPD_SLOT: "0",
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await ready.promise;
  const tookMs = performance.now() - startedMs;
  // Without its supervisor it has nothing to live for.
  await socket.close({ lingerMs: 0 });
  await child.status;
  await Deno.remove(folder, { recursive: true });
  return tookMs;
}
