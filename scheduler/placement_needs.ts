/**
 * What a task asks of its engine.
 *
 * @module
 */

/** What a task asks of its engine. */
export interface PlacementNeeds {
  /** Whether it has been sent to one engine, which need not have room. */
  readonly isDirect: boolean;
  /** Engine ids allowed; empty for any. */
  readonly targets: readonly number[];
  /** Labels that the engine must have. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** How much of its resources the task occupies. */
  readonly resources: Readonly<Record<string, number>> | undefined;
}

/** The needs as text: the same for the same needs. */
export function placementKey(needs: PlacementNeeds): string {
  const { isDirect, targets, labels, resources } = needs;
  const which = targets.length > 1
    ? [...targets].sort((a, b) => a - b).join(",")
    : targets.join();
  const place = isDirect ? `=${which}` : which;
  if (labels === undefined && resources === undefined) return place;
  return `${place}|${sorted(labels)}|${sorted(resources)}`;
}

function sorted(
  entries: Readonly<Record<string, string | number>> | undefined,
): string {
  const names = Object.keys(entries ?? {}).sort();
  return JSON.stringify(names.map((name) => [name, entries?.[name]]));
}
