/**
 * Interactive parallel computing: run TypeScript on many engines, on this
 * machine or on others, and hold the results.
 *
 * A cluster has a controller and any number of engines. A client runs
 * functions on engines that it names ({@linkcode Client.at},
 * {@linkcode Client.directView}), or lets the scheduler choose
 * ({@linkcode Client.loadBalancedView}). What a function returns comes back
 * as an {@linkcode AsyncResult}, which can be awaited and iterated.
 *
 * @example A cluster for one program
 * ```ts
 * import { Cluster } from "@ippd/ippd";
 *
 * await using cluster = await Cluster.start({ n: 2 });
 * await using client = await cluster.connect();
 *
 * const everyone = client.directView();
 * console.log(await everyone.apply(() => "Hello, World"));
 * // one per engine: ["Hello, World", "Hello, World"]
 *
 * const balanced = client.loadBalancedView();
 * console.log(await balanced.map((x: number) => x * x, [2, 3, 5, 7, 9]));
 * // [4, 9, 25, 49, 81]
 * ```
 *
 * @example Results while they are made
 * ```ts
 * import { Cluster } from "@ippd/ippd";
 *
 * await using cluster = await Cluster.start({ n: 1 });
 * await using client = await cluster.connect();
 *
 * const steps = client.at(0).apply(function* (n: number) {
 *   for (let i = 1; i <= n; i++) yield i * i;
 * }, 3);
 * for await (const square of steps) console.log(square); // 1, then 4, then 9
 *
 * const cell = client.at(0).execute(`
 *   progress(1, 2, "half");
 *   display({ "text/html": "<b>done</b>" });
 *   publish({ loss: 0.5 });
 * `);
 * for await (const event of cell.events()) console.log(event.type);
 * console.log(cell.outputs, cell.data, cell.metadata[0]?.progress);
 * ```
 *
 * @example A cluster that runs already
 * ```ts ignore
 * import { connect } from "@ippd/ippd";
 *
 * await using client = await connect("ippd-client.json");
 * await client.at(0).apply((a: number, b: number) => a + b, 1, 2); // 3
 * ```
 *
 * @module
 */
export {
  type Captures,
  type InputJoin,
  type ModuleTask,
  moduleTask,
  ref,
  Reference,
  require,
  type Shippable,
  task,
  type TaskFunction,
  type TaskNeeds,
} from "./functions/mod.ts";
export {
  type ArgumentOf,
  type ArgumentsOf,
  type AsyncItemMaker,
  AsyncResult,
  type BroadcastOptions,
  BroadcastView,
  type CallItem,
  type CallResult,
  type CallValue,
  Client,
  type ClientEngine,
  type Comm,
  COMM_MESSAGES_MAX,
  type CommData,
  COMMS_MAX,
  connect,
  type ConnectOptions,
  type DaskOptions,
  type DaskTls,
  Dependency,
  type DependencyOptions,
  type DependencySource,
  type DirectTargets,
  DirectView,
  type DisplayOutput,
  type Distribution,
  type ElementArguments,
  type EngineScope,
  EVENT_BYTES_KEPT_MAX,
  EVENTS_KEPT_MAX,
  EVENTS_WAITING_MAX,
  type ExecuteOptions,
  Executor,
  type ExecutorView,
  type FlagChanges,
  type ForTargets,
  type ImapOptions,
  ITEM_BYTES_KEPT_MAX,
  type ItemMaker,
  type ItemOf,
  ITEMS_KEPT_MAX,
  LazyMap,
  type ListsOf,
  LoadBalancedView,
  type MapInput,
  type MapOptions,
  openComm,
  OUTPUT_KEPT_MAX,
  type OutputBlock,
  type OutputEvent,
  type OutputGrouping,
  type OutputSink,
  type PermissionOption,
  type PermissionOptions,
  type PurgeTarget,
  type QueryOptions,
  type QueueStatus,
  type RecordFilter,
  type RecordWatch,
  RemoteWorker,
  type RemoteWorkerOptions,
  type ResultEvent,
  type ResultHandle,
  type ResultWaitOptions,
  type RetryOptions,
  type ScatterOptions,
  type SettledItems,
  type SettledTask,
  type SettleImapOptions,
  type SettleOptions,
  type ShutdownOptions,
  type SyncListsOf,
  TAGS_MAX,
  type TaskHandle,
  type TaskMetadata,
  type TaskOf,
  type TaskProgress,
  type TaskSelection,
  type TaskSource,
  type ViewFlags,
  type WaitCondition,
  type WaitOptions,
  WORD_LENGTH_MAX,
  type WorkerClient,
  type WorkerListener,
  type WorkerTarget,
  type WorkerTask,
} from "./client/mod.ts";
export {
  type Channel,
  CHANNEL_NAME_LENGTH_MAX,
  type ChannelPeer,
  type ChannelScope,
  type Group,
  type GroupOptions,
  type ReceiveOptions,
  type Reduction,
  type ReductionFunction,
  type ReductionName,
  type SendOptions,
  SENDS_WAITING_BYTES_MAX,
  SENDS_WAITING_MAX,
  type SlotName,
  type WaitLimits,
} from "./channels/mod.ts";
export {
  Adaptation,
  type AdaptOptions,
  type AllowOptions,
  Cluster,
  type ClusterJson,
  type ClusterOptions,
  type ClusterState,
  type ControllerLaunch,
  type EngineLaunch,
  type EngineSet,
  type EngineSetJobJson,
  type EngineSetJson,
  type EngineSettings,
  type FromFileOptions,
  type Job,
  type JobEnd,
  type JobHandle,
  type JobState,
  type JobStatus,
  type Launcher,
  type LauncherChoice,
  type LauncherOptions,
  type LaunchPlace,
  LOCAL_ENGINES_MAX,
  type ScaleOptions,
  type ServerAddress,
  START_TIMEOUT_MS,
  type StartEnginesOptions,
  type StopEnginesOptions,
} from "./cluster/mod.ts";
export {
  AuthenticationError,
  CancelledError,
  type Clock,
  CompositeError,
  ConnectionError,
  ConnectionFileError,
  type ConnectionFileProblem,
  DependencyError,
  type DependencyProblem,
  type EngineLostDetails,
  EngineLostError,
  IppdError,
  type IppdErrorCode,
  type LimitCounts,
  LimitError,
  type LimitErrorOptions,
  type LogFields,
  type LogFormat,
  type Logger,
  type LogLevel,
  ProtocolError,
  RemoteError,
  type RemoteErrorDetails,
  type SchedulingScheme,
  TimeoutError,
  type Timer,
} from "./base/mod.ts";
export {
  CHANNEL_WINDOW_BYTES,
  CHANNEL_WINDOW_MESSAGES,
  type ClassCodec,
  CLASSES_MAX,
  type ClassOf,
  EVENT_BYTES_AHEAD_MAX,
  EVENTS_AHEAD_MAX,
  ITEM_BYTES_AHEAD_MAX,
  ITEMS_AHEAD_MAX,
  registerClass,
  TASK_EVENT_BYTES_MAX,
} from "./messages/mod.ts";
export type {
  CellLanguage,
  ClientKey,
  ClusterFigures,
  DurationFigures,
  EngineCondition,
  EngineInfo,
  EngineQueue,
  EngineStack,
  JsonValue,
  Kept,
  MimeBundle,
  OutputStream,
  PermissionName,
  ProcessStatus,
  RecordedError,
  RecordStatus,
  RetryCause,
  SchedulerAddress,
  SlotActivity,
  SlotAddress,
  SlotStack,
  StatusReply,
  TaskRecord,
  TaskRecordPart,
  TaskStatus,
} from "./messages/mod.ts";
export {
  CONNECTION_INFO_VERSION,
  type ConnectionInfo,
  type KeyPairText,
  type Role,
  ROLES,
} from "./security/mod.ts";
export type {
  Mpi,
  MpiArray,
  MpiError,
  MpiReceipt,
  MpiReduction,
} from "./mpi/mod.ts";
export type { ByteStream, Listener, Network } from "./sockets/mod.ts";
