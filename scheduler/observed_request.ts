/**
 * What of a request the hub is told: never more than a few kilobytes besides
 * its arguments, whatever its client has put into it.
 *
 * @module
 */
import type { LimitTally } from "../base/mod.ts";
import type { TaskTerms, Work } from "../messages/mod.ts";
import type { AskedFor } from "./asked_for.ts";

/** Most UTF-16 units of names, or of a path, in a recorded request. */
export const OBSERVED_TEXT_MAX = 4_096;
/** Most engines that a recorded request names. */
export const OBSERVED_TARGETS_MAX = 1_024;
/** Most tags of a task, and entries of its labels and resources. */
export const OBSERVED_WORDS_MAX = 64;

/** What the hub is told. */
export interface ObservedRequest {
  /** What to run. */
  readonly work: Work;
  /** Those of its terms that say something when it is submitted again. */
  readonly terms: TaskTerms | undefined;
  /** The engines that may run it. */
  readonly targets: readonly number[];
  /** Whether that is all, so that it can be submitted again. */
  readonly isWhole: boolean;
  /** About how many bytes it takes, besides those that every request has. */
  readonly bytes: number;
}

/** Cuts a request to what is recorded. */
export function observedRequest(
  request: AskedFor,
  place: number | readonly number[],
  tally?: LimitTally,
): ObservedRequest {
  const all = typeof place === "number" ? [place] : place;
  const targets = all.length <= OBSERVED_TARGETS_MAX
    ? all
    : all.slice(0, OBSERVED_TARGETS_MAX);
  if (targets !== all) tally?.reached("OBSERVED_TARGETS_MAX");
  const units = workUnits(request.work);
  if (units > OBSERVED_TEXT_MAX) tally?.reached("OBSERVED_TEXT_MAX");
  const work = units <= OBSERVED_TEXT_MAX
    ? request.work
    : withoutText(request.work);
  const terms = request.terms && lastingTerms(request.terms);
  if (terms?.isWhole === false) tally?.reached("OBSERVED_WORDS_MAX");
  const kept = terms?.terms;
  return {
    work,
    terms: kept,
    targets,
    isWhole: work === request.work && targets === all &&
      (terms?.isWhole ?? true),
    bytes: 3 * Math.min(units, OBSERVED_TEXT_MAX) + 4 * targets.length +
      (terms?.bytes ?? 0),
  };
}

function workUnits(work: Work): number {
  switch (work.kind) {
    case "pull":
    case "clear":
      return work.names.reduce((sum, { length }) => sum + length + 1, 0);
    case "push":
      return work.path?.length ?? 0;
    default:
      return 0;
  }
}

function withoutText(work: Work): Work {
  switch (work.kind) {
    case "pull":
    case "clear":
      return { kind: work.kind, names: [] };
    case "push":
      return { kind: "push" };
    default:
      return work;
  }
}

function lastingTerms(
  terms: TaskTerms,
): { terms: TaskTerms; isWhole: boolean; bytes: number } {
  const { label, detached, priority, retries } = terms;
  const tags = terms.tags?.slice(0, OBSERVED_WORDS_MAX);
  const resources = few(terms.resources);
  const labels = few(terms.labels);
  const words = JSON.stringify([label, tags, resources, labels]);
  return {
    terms: {
      ...(label === undefined ? {} : { label }),
      ...(tags === undefined ? {} : { tags }),
      ...(detached === undefined ? {} : { detached }),
      ...(priority === undefined ? {} : { priority }),
      ...(retries === undefined ? {} : { retries }),
      ...(resources === undefined ? {} : { resources }),
      ...(labels === undefined ? {} : { labels }),
    },
    isWhole: tags?.length === terms.tags?.length &&
      (resources !== undefined) === (terms.resources !== undefined) &&
      (labels !== undefined) === (terms.labels !== undefined),
    bytes: 3 * words.length,
  };
}

/** A map with few entries as it is; none where there are many. */
function few<T>(
  map: Readonly<Record<string, T>> | undefined,
): Readonly<Record<string, T>> | undefined {
  if (map === undefined) return undefined;
  const names = Object.keys(map);
  const units = names.reduce((sum, { length }) => sum + length, 0);
  return names.length <= OBSERVED_WORDS_MAX && units <= OBSERVED_TEXT_MAX
    ? map
    : undefined;
}
