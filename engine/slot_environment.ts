/**
 * What a slot learns from its environment: which one it is, its place in a
 * job, and its devices. Pure.
 *
 * @module
 */

import {
  MPI_LIBRARY_VARIABLE,
  mpiFlavourOf,
  type MpiPlace,
} from "../mpi/mod.ts";

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that slots have and their code may always read. */
export const SlotFactVariable = {
  /** The slot's number in its engine. */
  SLOT: "IPPD_SLOT",
  /** The engine's place among the processes of its job. */
  RANK: "IPPD_RANK",
  /** How many processes the job has. */
  SIZE: "IPPD_SIZE",
  /** What the slot is to the MPI job, where the engine is a rank of one. */
  MPI: "IPPD_MPI",
} as const;

/** Every variable that a slot reads itself. */
export const SLOT_OWN_VARIABLES: readonly string[] = [
  "IPPD_SLOT_SOCKET",
  "IPPD_SLOT_TOKEN",
  ...Object.values(SlotFactVariable),
  MPI_LIBRARY_VARIABLE,
];

/** The variable that most programs for graphics processors obey. */
export const DEVICE_VARIABLE_DEFAULT = "CUDA_VISIBLE_DEVICES";

/** Most devices of one engine. */
export const DEVICES_MAX = 1_024;

/** The place of a process among those of its job. */
export interface RankFacts {
  /** The place, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
}

/** What code in a slot may know of where it runs. */
export interface SlotFacts {
  /** The slot's number in its engine. */
  readonly slot: number;
  /** The engine's place in its job, where it was started as part of one. */
  readonly rank: number | undefined;
  /** How many processes the job has. */
  readonly size: number | undefined;
}

/** Devices that are dealt out to slots. */
export interface DeviceOptions {
  /** Names or numbers of the devices. */
  readonly devices: readonly string[];
  /** The variable that takes them. @default DEVICE_VARIABLE_DEFAULT */
  readonly variable?: string | undefined;
}

/** Pairs of variables, the most particular first. */
const RANK_VARIABLES: readonly (readonly [string, string])[] = [
  ["OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"],
  ["PMI_RANK", "PMI_SIZE"],
  // A batch step has them for itself even where it starts no tasks.
  ["SLURM_PROCID", "SLURM_NTASKS"],
];

/**
 * The rank of a process that Open MPI, MPICH or Slurm has started;
 * `undefined` when none has, or what they say makes no sense.
 */
export function rankFromEnvironment(env: Environment): RankFacts | undefined {
  for (const [rankName, sizeName] of RANK_VARIABLES) {
    const rank = wholeNumber(env[rankName]);
    const size = wholeNumber(env[sizeName]);
    if (rank === undefined || size === undefined) continue;
    if (rank < size) return { rank, size };
  }
  return undefined;
}

/**
 * Reads what {@linkcode factVariables} has set.
 *
 * @param read Reads a variable; in a sandbox the others are out of reach.
 */
export function slotFacts(
  read: (name: string) => string | undefined,
): SlotFacts {
  const rank = wholeNumber(read(SlotFactVariable.RANK));
  const size = wholeNumber(read(SlotFactVariable.SIZE));
  return {
    slot: wholeNumber(read(SlotFactVariable.SLOT)) ?? 0,
    rank: size === undefined ? undefined : rank,
    size: rank === undefined ? undefined : size,
  };
}

/**
 * Which process of a slot it is: its first, one after another, or one beside
 * it, for a single task.
 */
export type SlotProcessKind = "first" | "restarted" | "apart";

/**
 * What a slot is to the MPI job of its engine: the first process of the first
 * slot joins it. Nothing where there is no job.
 */
function mpiPlace(
  slot: number,
  process: SlotProcessKind,
  env: Environment,
): MpiPlace | undefined {
  const flavour = mpiFlavourOf(env);
  if (flavour === undefined) return undefined;
  if (slot > 0) return "other-slot";
  return process === "first" ? flavour : process;
}

/**
 * The variables that tell a slot's code where it runs.
 *
 * @param process Which of the slot's processes it is.
 */
export function factVariables(
  slot: number,
  env: Environment,
  process: SlotProcessKind = "first",
): Record<string, string> {
  const facts: Record<string, string> = {
    [SlotFactVariable.SLOT]: String(slot),
  };
  const place = rankFromEnvironment(env);
  if (place !== undefined) {
    facts[SlotFactVariable.RANK] = String(place.rank);
    facts[SlotFactVariable.SIZE] = String(place.size);
  }
  const mpi = mpiPlace(slot, process, env);
  if (mpi !== undefined) facts[SlotFactVariable.MPI] = mpi;
  return facts;
}

/**
 * A slot's share of the devices, dealt like cards. Where there are fewer
 * devices than slots, slots share them.
 */
export function dealDevices(
  devices: readonly string[],
  slot: number,
  slots: number,
): string[] {
  if (devices.length === 0) return [];
  if (devices.length < slots) {
    return devices.slice(slot % devices.length).slice(0, 1);
  }
  return devices.filter((_, index) => index % slots === slot);
}

/** The variable that pins a slot to its devices. */
export function deviceVariables(
  options: DeviceOptions | undefined,
  slot: number,
  slots: number,
): Record<string, string> {
  if (options === undefined) return {};
  const { devices, variable = DEVICE_VARIABLE_DEFAULT } = options;
  return { [variable]: dealDevices(devices, slot, slots).join(",") };
}

/**
 * Sees that devices can be dealt out.
 *
 * @throws {RangeError} when they cannot.
 */
export function expectDevices({ devices, variable }: DeviceOptions): void {
  if (devices.length < 1 || devices.length > DEVICES_MAX) {
    throw new RangeError(
      `Cannot deal out ${devices.length} devices: from 1 to ${DEVICES_MAX} are possible`,
    );
  }
  const bad = devices.find((device) => !/^[\w.:/-]{1,128}$/.test(device));
  if (bad !== undefined) {
    throw new RangeError(
      `Cannot deal out device ${
        JSON.stringify(bad)
      }: its name must be of letters, digits and "_.:/-"`,
    );
  }
  if (variable === undefined) return;
  if (/^(?!IPPD_|DENO_)[A-Za-z_]\w{0,63}$/.test(variable)) return;
  throw new RangeError(
    `Cannot name devices in variable ${
      JSON.stringify(variable)
    }: a word is needed that does not start with IPPD_ or DENO_`,
  );
}

const WHOLE_NUMBER = /^\d{1,9}$/;

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && WHOLE_NUMBER.test(text)
    ? Number(text)
    : undefined;
}
