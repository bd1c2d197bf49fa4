// deno-lint-ignore-file no-console -- this program says when it is ready
/**
 * The far end of a relay: `deno run -A relay_engine.ts ENDPOINT KEY` sends
 * every message back until it is killed.
 *
 * @module
 */
import { DealerSocket } from "../sockets/mod.ts";
import { clientSecurity } from "./relay_security.ts";

async function main(): Promise<void> {
  const [endpoint = "", key = ""] = Deno.args;
  const socket = new DealerSocket({
    security: await clientSecurity(key),
    onMessage: (parts) => void socket.send(parts),
    onConnected: () => console.log("ready"),
  });
  socket.connect(endpoint);
}

if (import.meta.main) await main();
