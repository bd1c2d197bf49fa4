/**
 * The Unix socket for peers of the same host.
 *
 * @module
 */
import { type Logger, toError } from "../base/mod.ts";

/**
 * Listens at it as well. It is only for speed: where it cannot be had, TCP
 * serves everybody.
 */
export async function bindLocal(
  link: { bind(endpoint: string): Promise<string> },
  endpoint: string | undefined,
  log: Logger,
): Promise<void> {
  if (endpoint === undefined) return;
  try {
    await link.bind(endpoint);
  } catch (error) {
    log.warn("no socket for this host", { reason: toError(error).message });
  }
}
