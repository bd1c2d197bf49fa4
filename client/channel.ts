/**
 * Channels between a client and code that runs on engines.
 *
 * @module
 */
import type { Channel, SlotName } from "../channels/mod.ts";
import type { EngineDirectory } from "./engine_directory.ts";
import type { Session } from "./session.ts";

/**
 * Opens the client's end of a channel; code on the engine opens the other by
 * `ippd.channel(name, "client")`, before or after.
 *
 * @param target The engine, or one slot of it; absent, any engine.
 * @throws {RangeError} when there is no such engine or slot.
 * @throws {TypeError} when the name cannot be used.
 * @throws {ConnectionError} when the client is closed.
 */
export function openChannel(
  session: Session,
  name: string,
  target?: SlotName,
): Channel {
  const to = target === undefined ? {} : placeOf(session.directory, target);
  return session.openChannel({ name, scope: session.id, to });
}

function placeOf(
  directory: EngineDirectory,
  target: SlotName,
): { readonly engineId: number; readonly slot: number | undefined } {
  const { engineId, slot } = typeof target === "number"
    ? { engineId: target, slot: undefined }
    : target;
  directory.check([engineId]);
  const slots =
    directory.engines.find((engine) => engine.engineId === engineId)?.slots ??
      0;
  if (
    slot === undefined || (Number.isInteger(slot) && slot >= 0 && slot < slots)
  ) {
    return { engineId, slot };
  }
  throw new RangeError(
    `Cannot find slot ${slot} of engine ${engineId}: it has ${slots}`,
  );
}
