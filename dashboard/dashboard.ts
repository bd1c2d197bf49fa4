/**
 * The dashboard's server.
 *
 * @module
 */
import { type Clock, systemClock, type Timer, toError } from "../base/mod.ts";
import { cookieFor, judge, makeToken } from "./access.ts";
import appStyle from "./assets/app.css" with { type: "text" };
import appScript from "./assets/app.js.txt" with { type: "text" };
import appPage from "./assets/index.html" with { type: "text" };
import type {
  DashboardSource,
  EngineAction,
  TaskQuestion,
} from "./dashboard_source.ts";
import { EventStreams } from "./event_streams.ts";
import { LoadHistory } from "./load_history_state.ts";
import { METRICS_CONTENT_TYPE, metricsText } from "./metrics_text.ts";

/** Options of {@linkcode Dashboard}. */
export interface DashboardOptions {
  /** What is shown, and who acts. */
  readonly source: DashboardSource;
  /** The address to listen on. @default "127.0.0.1" */
  readonly hostname?: string;
  /** The port; 0 is any. @default 0 */
  readonly port?: number;
  /** How often to look, in milliseconds. @default 1_000 */
  readonly intervalMs?: number;
  /** Time. @default systemClock */
  readonly clock?: Clock;
}

/** Most bytes of a request's body. */
export const BODY_BYTES_MAX: number = 64 << 10;
/** Most tasks in one page. */
export const PAGE_TASKS_MAX = 1_000;
/** How often to look unless told otherwise. */
const INTERVAL_MS = 1_000;

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

const ACTIONS: readonly EngineAction[] = ["interrupt", "stop", "restart"];

/** Serves the page, its data and its actions. */
export class Dashboard implements AsyncDisposable {
  readonly #source: DashboardSource;
  readonly #clock: Clock;
  readonly #token: string;
  readonly #intervalMs: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #streams = new EventStreams();
  readonly #history = new LoadHistory();
  #hosts: ReadonlySet<string> = new Set();
  #timer: Timer | undefined;
  #isClosed = false;

  /**
   * Begins to listen.
   *
   * @throws {Deno.errors.AddrInUse} when the port is taken.
   */
  constructor(options: DashboardOptions) {
    this.#source = options.source;
    this.#clock = options.clock ?? systemClock;
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
    this.#token = makeToken((bytes) => void crypto.getRandomValues(bytes));
    const { hostname = "127.0.0.1", port = 0 } = options;
    this.#server = Deno.serve(
      { hostname, port, onListen() {} },
      (request) => this.#answer(request),
    );
    const { addr } = this.#server;
    this.#hosts = new Set(
      [hostname, "localhost", "127.0.0.1", "[::1]", Deno.hostname()]
        .map((name) => `${name}:${addr.port}`.toLowerCase()),
    );
    void this.#look();
  }

  /** The address with the token; whoever has it may see and do everything. */
  get url(): string {
    const { hostname, port } = this.#server.addr;
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    return `http://${host}:${port}/?token=${this.#token}`;
  }

  /** Ends it, with every stream to a browser. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#streams.close();
    await this.#server.shutdown();
  }

  /** Looks at the cluster, tells the browsers, and comes again. */
  async #look(): Promise<void> {
    try {
      const status = await this.#source.status();
      if (this.#isClosed) return;
      const sample = this.#history.add(status, this.#clock.now());
      this.#streams.send("status", { status, sample });
    } catch (thrown) {
      this.#streams.send("trouble", { message: toError(thrown).message });
    }
    if (this.#isClosed) return;
    this.#timer = this.#clock.setTimer(
      this.#intervalMs,
      () => void this.#look(),
    );
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const { method, headers } = request;
    switch (judge({ method, url, headers }, this.#token, this.#hosts)) {
      case "enter":
        return this.#enter(url);
      case "refuse":
        return refused();
      case "allow":
    }
    try {
      return method === "POST"
        ? await this.#act(url.pathname, await readBody(request))
        : await this.#show(url);
    } catch (thrown) {
      const { name, message } = toError(thrown);
      const isCallers = name === "TypeError" || name === "RangeError";
      return json({ message }, isCallers ? 400 : 502);
    }
  }

  #enter(url: URL): Response {
    url.searchParams.delete("token");
    return new Response(null, {
      status: 303,
      headers: {
        ...SECURITY_HEADERS,
        "set-cookie": cookieFor(this.#token),
        location: url.pathname + url.search,
      },
    });
  }

  async #show(url: URL): Promise<Response> {
    switch (url.pathname) {
      case "/":
        return text(appPage, "text/html; charset=utf-8");
      case "/app.css":
        return text(appStyle, "text/css; charset=utf-8");
      case "/app.js":
        return text(appScript, "text/javascript; charset=utf-8");
      case "/metrics":
        return text(
          metricsText(await this.#source.status()),
          METRICS_CONTENT_TYPE,
        );
      case "/events":
        return this.#streams.open(SECURITY_HEADERS);
      case "/api/status":
        return json(await this.#source.status());
      case "/api/history":
        return json(this.#history.samples);
      case "/api/stack":
        return json(await this.#source.stack(idsOf(url)));
      case "/api/tasks":
        return json(await this.#source.tasks(questionOf(url)));
      case "/api/task":
        return await this.#task(url.searchParams.get("id") ?? "");
      case "/api/logs":
        return json(await this.#source.logs());
      default:
        return json({ message: `Cannot find ${url.pathname}` }, 404);
    }
  }

  async #task(id: string): Promise<Response> {
    const task = await this.#source.task(id);
    return task === undefined
      ? json({ message: `Cannot find task ${id}: nothing is recorded` }, 404)
      : json(task);
  }

  async #act(path: string, body: unknown): Promise<Response> {
    const { targets, engines } = Object(body);
    const action = ACTIONS.find((name) => path === `/api/${name}`);
    if (action !== undefined) {
      await this.#source.act(action, engineIds(targets));
    } else if (path === "/api/scale") {
      if (!Number.isSafeInteger(engines) || engines < 0) {
        throw new RangeError(
          `Cannot scale to ${engines} engines: it must be a whole number from 0`,
        );
      }
      await this.#source.scale(engines);
    } else return json({ message: `Cannot find ${path}` }, 404);
    return json({ done: true });
  }
}

function engineIds(targets: unknown): number[] {
  if (Array.isArray(targets) && targets.every(Number.isSafeInteger)) {
    return targets;
  }
  throw new TypeError("Cannot act: targets must be a list of engine ids");
}

function idsOf(url: URL): number[] {
  const list = url.searchParams.get("engines") ?? "";
  return engineIds(list.split(",").filter(Boolean).map(Number));
}

function questionOf(url: URL): TaskQuestion {
  const number = (name: string, max: number, usual: number): number => {
    const value = Number(url.searchParams.get(name) ?? usual);
    if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value;
    throw new RangeError(`Cannot list tasks: ${name} must be from 0 to ${max}`);
  };
  let filter: unknown;
  try {
    filter = JSON.parse(url.searchParams.get("filter") || "{}");
  } catch (cause) {
    throw new TypeError("Cannot list tasks: the filter is not JSON", { cause });
  }
  if (typeof filter !== "object" || filter === null || Array.isArray(filter)) {
    throw new TypeError("Cannot list tasks: the filter is not a JSON object");
  }
  return {
    filter: filter as TaskQuestion["filter"],
    limit: number("limit", PAGE_TASKS_MAX, 100),
    skip: number("skip", Number.MAX_SAFE_INTEGER, 0),
  };
}

async function readBody(request: Request): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > BODY_BYTES_MAX) {
      throw new RangeError(
        `Cannot read request: more than ${BODY_BYTES_MAX} bytes`,
      );
    }
    parts.push(part);
  }
  try {
    return JSON.parse(await new Blob(parts as BlobPart[]).text());
  } catch (cause) {
    throw new TypeError("Cannot read request: it is not JSON", { cause });
  }
}

function refused(): Response {
  return text(
    "Cannot show the dashboard: open the address that was printed when it started, with its token\n",
    "text/plain; charset=utf-8",
    401,
  );
}

function json(value: unknown, status = 200): Response {
  return text(
    JSON.stringify(value),
    "application/json; charset=utf-8",
    status,
  );
}

function text(body: string, type: string, status = 200): Response {
  return new Response(body, {
    status,
    headers: { ...SECURITY_HEADERS, "content-type": type },
  });
}
