/**
 * What is said to the shells of hosts, and what they answer. Pure.
 *
 * @module
 */
import { PARENT_PIPE_VARIABLE, TAIL_LINES_MAX } from "../process/mod.ts";
import { shellCommand, shellWord } from "./shell_words.ts";

/** An engine on a host. */
export interface RemoteEngine {
  /** Its launch name. */
  readonly name: string;
  /** Its process id there. */
  readonly pid: number;
  /** Path of its log there. */
  readonly logFile: string;
}

/** What a start needs. */
export interface RemoteStart {
  /** Folder on the host, as its shell reads it. */
  readonly folder: string;
  /** A word for the files of this start. */
  readonly key: string;
  /** Text of the connection file. */
  readonly connectionInfo: string;
  /** Where engines start. */
  readonly directory: string | undefined;
  /** Variables of the engines. */
  readonly environment: Readonly<Record<string, string>>;
  /** The words that start ippd. */
  readonly program: readonly string[];
  /** Flags of `ippd engine`. */
  readonly args: readonly string[];
  /** The launch names of the engines. */
  readonly names: readonly string[];
}

/** The folder on hosts where nothing else is said. */
export const REMOTE_FOLDER = '"$HOME"/.local/state/ippd/hosts';

const HERE_END = "IPPD_END_OF_CONNECTION_INFO";
/** Time for an engine to end after SIGTERM, in steps of 0.1 s. */
const TERM_STEPS = 30;

/**
 * A script that starts engines, for the standard input of `sh -s`: the keys
 * are in it, and must not be on a command line.
 */
export function startScript(start: RemoteStart): string {
  const { directory, environment, key } = start;
  const variables = Object.entries(environment).map(([name, value]) =>
    shellWord(`${name}=${value}`)
  );
  return [
    "set -eu",
    "umask 077",
    `folder=${start.folder}`,
    'mkdir -p "$folder"',
    'cd "$folder"',
    "folder=$(pwd)",
    `file=$folder/${shellWord(`${key}-engine.json`)}`,
    `cat >"$file" <<'${HERE_END}'`,
    start.connectionInfo.trimEnd(),
    HERE_END,
    `cd ${directory === undefined ? "" : shellWord(directory)}`.trimEnd(),
    "start() {",
    `  log=$folder/${shellWord(key)}-$2.log`,
    `  nohup env ${variables.join(" ")} ${
      shellCommand([...start.program, "engine"])
    } --connect "$file" --launch "$1" ${
      shellCommand(start.args)
    } >"$log" 2>&1 </dev/null &`,
    '  echo "ippd-started $1 $! $log"',
    "}",
    ...start.names.map((name) =>
      `start ${shellWord(name)} ${name.slice(name.lastIndexOf("/") + 1)}`
    ),
    "",
  ].join("\n");
}

/** What the start of a controller needs. */
export type RemoteController =
  & Omit<RemoteStart, "connectionInfo" | "names">
  & {
    /** Its launch name. */
    readonly name: string;
  };

/**
 * A command for the host's shell that becomes a controller, which ends with
 * its standard input: with the connection, that is.
 */
export function controllerCommand(start: RemoteController): string {
  const { directory } = start;
  return [
    "umask 077",
    ...(directory === undefined ? [] : [`cd ${shellWord(directory)}`]),
    `exec ${
      controllerWords(start, {
        ...start.environment,
        [PARENT_PIPE_VARIABLE]: "1",
      })
    }`,
  ].join(" && ");
}

/**
 * A script that starts a controller which outlives the connection, and waits
 * until it has announced itself or ended.
 */
export function controllerScript(start: RemoteController): string {
  const { directory, key } = start;
  return [
    "set -eu",
    "umask 077",
    `folder=${start.folder}`,
    'mkdir -p "$folder"',
    'cd "$folder"',
    `log=$(pwd)/${shellWord(key)}-0.log`,
    `cd ${directory === undefined ? "" : shellWord(directory)}`.trimEnd(),
    `nohup ${
      controllerWords(start, start.environment)
    } >"$log" 2>&1 </dev/null &`,
    `echo "ippd-started ${start.name} $! $log"`,
    'while kill -0 "$!" 2>/dev/null && ! grep -q "^{" "$log"; do sleep 0.1; done',
    `tail -n ${TAIL_LINES_MAX} "$log"`,
    "",
  ].join("\n");
}

function controllerWords(
  { program, args, name }: RemoteController,
  environment: Readonly<Record<string, string>>,
): string {
  const variables = Object.entries(environment).map(([variable, value]) =>
    `${variable}=${value}`
  );
  return shellCommand([
    "env",
    ...variables,
    ...program,
    "controller",
    ...args,
    "--launch",
    name,
  ]);
}

/** The engines that a start script says it has started. */
export function startedEngines(stdout: string): RemoteEngine[] {
  return stdout.split("\n").flatMap((line) => {
    const match = /^ippd-started (\S+) (\d+) (.+)$/.exec(line);
    const [, name, pid, logFile] = match ?? [];
    return name === undefined || logFile === undefined
      ? []
      : [{ name, pid: Number(pid), logFile }];
  });
}

/** Says whether a process is an engine: numbers are used again. */
const IS_ENGINE = `is_engine() {
  ps -ww -o args= -p "$1" 2>/dev/null | grep -qF -e "--launch $2"
}`;

/** A script that asks how engines are, and what those said that are gone. */
export function askScript(engines: readonly RemoteEngine[]): string {
  return [
    IS_ENGINE,
    "ask() {",
    '  if is_engine "$1" "$2"; then echo "ippd-runs $2"; return; fi',
    '  echo "ippd-gone $2"',
    `  tail -n ${TAIL_LINES_MAX} "$3" 2>/dev/null | sed "s|^|ippd-said $2 |"`,
    "}",
    ...engines.map((engine) => `ask ${engineWords(engine)}`),
    "",
  ].join("\n");
}

/** How an engine is: it runs, or what it said last. */
export type RemoteState = readonly string[] | "runs";

/** How engines are, by name. */
export function askedEngines(
  stdout: string,
): ReadonlyMap<string, RemoteState> {
  const states = new Map<string, string[] | "runs">();
  for (const line of stdout.split("\n")) {
    const [, verb, name = "", text = ""] =
      /^ippd-(runs|gone|said) (\S+) ?(.*)$/.exec(line) ?? [];
    if (verb === "runs") states.set(name, "runs");
    if (verb === "gone") states.set(name, []);
    const lines = states.get(name);
    if (verb === "said" && Array.isArray(lines)) lines.push(text);
  }
  return states;
}

/** A script that sends a signal to engines. */
export function signalScript(
  engines: readonly RemoteEngine[],
  signal: Deno.Signal,
): string {
  return [
    IS_ENGINE,
    ...engines.map((engine) =>
      `is_engine ${engineWords(engine)} && kill -${
        signal.replace(/^SIG/, "")
      } ${engine.pid}`
    ),
    "",
  ].join("\n");
}

/** A script that ends engines, and waits until they have ended. */
export function stopScript(engines: readonly RemoteEngine[]): string {
  return [
    IS_ENGINE,
    "stop() {",
    '  is_engine "$1" "$2" && kill -TERM "$1" 2>/dev/null',
    "  step=0",
    `  while [ "$step" -lt ${TERM_STEPS} ] && is_engine "$1" "$2"; do`,
    "    sleep 0.1",
    "    step=$((step + 1))",
    "  done",
    '  is_engine "$1" "$2" && kill -KILL "$1" 2>/dev/null',
    "}",
    ...engines.map((engine) => `stop ${engineWords(engine)} &`),
    "wait",
    // The keys are of no use without the cluster, and end with it.
    ...engines.map(({ logFile }) =>
      `rm -f ${shellWord(logFile.replace(/-\d+\.log$/, "-engine.json"))}`
    ),
    "",
  ].join("\n");
}

function engineWords({ pid, name, logFile }: RemoteEngine): string {
  return shellCommand([String(pid), name, logFile]);
}
