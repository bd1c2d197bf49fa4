/**
 * Which process of Dask runs where, and how it is started. Pure.
 *
 * @module
 */

/** Files for encrypted connections, on every host. */
export interface DaskTls {
  /** Certificates of who may take part. */
  readonly caFile: string;
  /** The certificate of scheduler and workers. */
  readonly certFile: string;
  /** Its key. */
  readonly keyFile: string;
}

/** Options of `Client.becomeDask`. */
export interface DaskOptions {
  /** Engines that get a worker. @default "all" */
  readonly targets?: readonly number[] | "all";
  /** The words that start Dask on the hosts. @default ["dask"] */
  readonly program?: readonly string[];
  /**
   * The name or address at which the scheduler's host is reached. Absent,
   * `127.0.0.1` where all engines are on one host, else that host's name.
   */
  readonly host?: string;
  /** Encrypts, and lets in only who has a certificate. */
  readonly tls?: DaskTls;
  /**
   * Whether Dask may listen to the network without `tls`: then whoever
   * reaches its ports can run code as you. @default false
   */
  readonly insecure?: boolean;
  /** Threads of each worker. Absent, as many as the engine has slots. */
  readonly threads?: number;
  /** Further arguments of each `dask worker`. @default [] */
  readonly workerArgs?: readonly string[];
  /** How long each process may take to start. @default 60000 */
  readonly timeoutMs?: number;
}

/** What is known of an engine that gets a worker. */
export interface DaskEngine {
  /** Its number. */
  readonly engineId: number;
  /** Its host. */
  readonly host: string;
  /** How many tasks it runs at once. */
  readonly slots: number;
}

/** A process to be started by an engine. */
export interface DaskProcessPlan {
  /** The engine whose host it runs on. */
  readonly engine: DaskEngine;
  /** Program and arguments. */
  readonly words: readonly string[];
}

/** What is to be started. */
export interface DaskPlan {
  /** First the scheduler. */
  readonly scheduler: DaskProcessPlan;
  /** Then the workers, when its address is known. */
  readonly workers: (address: string) => readonly DaskProcessPlan[];
}

const LOOPBACK = "127.0.0.1";

/** Neither a nanny nor a page: the engine is the one, ippd has the other. */
const NO_PAGE = ["--no-dashboard", "--dashboard-address", `${LOOPBACK}:0`];

/** Seconds that a worker goes on without its scheduler. */
const ORPHAN_SECONDS = 30;

/**
 * Plans a Dask cluster on engines: the scheduler on the first one's host.
 *
 * @throws {RangeError} when there is no engine, or a number is out of range.
 * @throws {TypeError} when it would listen to the network without security.
 */
export function planDask(
  engines: readonly DaskEngine[],
  options: DaskOptions,
): DaskPlan {
  const { program = ["dask"], tls, insecure = false, threads } = options;
  const [first] = engines;
  if (first === undefined) {
    throw new RangeError("Cannot start dask: there is no engine");
  }
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new RangeError(
      `Cannot start dask workers with ${threads} threads: from 1 upwards`,
    );
  }
  const isOneHost = engines.every(({ host }) => host === first.host);
  const host = options.host ?? (isOneHost ? LOOPBACK : first.host);
  if (host !== LOOPBACK && tls === undefined && !insecure) {
    throw new TypeError(
      `Cannot let dask listen at ${host}: whoever reaches it could run code as you; give tls, or insecure: true where the network is yours alone`,
    );
  }
  const security = tls === undefined ? [] : [
    ...["--tls-ca-file", tls.caFile],
    ...["--tls-cert", tls.certFile],
    ...["--tls-key", tls.keyFile],
    ...["--protocol", "tls"],
  ];
  return {
    scheduler: {
      engine: first,
      words: [
        ...[...program, "scheduler", "--host", host, "--port", "0"],
        ...[...NO_PAGE, ...security],
      ],
    },
    workers: (address) =>
      engines.map((engine) => ({
        engine,
        words: [
          ...[...program, "worker", address, "--no-nanny", ...NO_PAGE],
          // A host's own name may mean its loopback to itself.
          ...(host === LOOPBACK ? ["--host", LOOPBACK] : []),
          ...["--nthreads", String(threads ?? engine.slots)],
          ...["--name", `engine-${engine.engineId}`],
          ...["--death-timeout", String(ORPHAN_SECONDS)],
          ...["--local-directory", "."],
          ...[...security, ...options.workerArgs ?? []],
        ],
      })),
  };
}
