/**
 * The page: tabs with engines, timeline, tasks and logs of one cluster.
 *
 * @module
 */
/** @jsxRuntime automatic */
/** @jsxImportSource preact */
/// <reference lib="dom" />
import { type JSX, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import {
  act,
  ask,
  bytesText,
  durationText,
  type Live,
  type LogTail,
  useLive,
} from "./api.ts";
import { Chart, type ChartLine } from "./charts.tsx";
import { Confirm, type Intent } from "./confirm.tsx";
import { Engines } from "./engines.tsx";
import { Tasks } from "./tasks.tsx";
import { toggleTheme } from "./theme.ts";
import { Timeline } from "./timeline.tsx";

const TABS = ["Cluster", "Timeline", "Tasks", "Logs"] as const;

type Tab = (typeof TABS)[number];

const RATE: readonly ChartLine[] = [
  {
    label: "finished/s",
    color: "--good",
    of: ({ finishedPerSecond }) => finishedPerSecond,
  },
];
const QUEUES: readonly ChartLine[] = [
  { label: "running", color: "--accent", of: ({ running }) => running },
  { label: "waiting", color: "--warn", of: ({ queued }) => queued },
];
const MEMORY: readonly ChartLine[] = [
  {
    label: "MiB",
    color: "--accent",
    of: ({ memoryBytes }) => memoryBytes / 2 ** 20,
  },
];

function App(): JSX.Element {
  const live = useLive();
  const [tab, setTab] = useState<Tab>(tabOfAddress);
  const [intent, setIntent] = useState<Intent | undefined>(undefined);
  useEffect(() => {
    location.hash = tab.toLowerCase();
  }, [tab]);
  useEffect(() => listenToKeys(setTab), []);
  const { status } = live;
  const name = status?.clusterId === "" ? "cluster" : status?.clusterId;
  return (
    <>
      <header>
        <h1>ippd {name}</h1>
        <nav role="tablist">
          {TABS.map((title, index) => (
            <button
              key={title}
              type="button"
              role="tab"
              aria-selected={title === tab}
              title={`key ${index + 1}`}
              onClick={() => setTab(title)}
            >
              {title}
            </button>
          ))}
        </nav>
        <span class="quiet">
          {status && `up ${durationText(status.uptimeMs)}`}
        </span>
        <button type="button" onClick={toggleTheme} title="key t">
          Light or dark
        </button>
      </header>
      <main>
        {live.trouble !== undefined && (
          <div class="panel trouble" role="alert">{live.trouble}</div>
        )}
        {tab === "Cluster" && <Overview live={live} onIntent={setIntent} />}
        {tab === "Timeline" && <Timeline />}
        {tab === "Tasks" && <Tasks />}
        {tab === "Logs" && <Logs />}
      </main>
      <Confirm intent={intent} onDone={() => setIntent(undefined)} />
    </>
  );
}

interface OverviewProps {
  readonly live: Live;
  readonly onIntent: (intent: Intent) => void;
}

function Overview({ live, onIntent }: OverviewProps): JSX.Element {
  const { status, samples } = live;
  const engines = status?.processes
    .filter(({ role }) => role === "engine") ?? [];
  const slots = engines.reduce((sum, engine) => sum + engine.slots, 0);
  const last = samples.at(-1);
  return (
    <>
      <section class="tiles">
        <Tile title="engines" value={String(engines.length)} />
        <Tile title="slots" value={String(slots)} />
        <Tile title="running" value={String(last?.running ?? 0)} />
        <Tile title="waiting" value={String(last?.queued ?? 0)} />
        <Tile
          title="finished/s"
          value={(last?.finishedPerSecond ?? 0).toFixed(0)}
        />
        <Tile title="memory" value={bytesText(last?.memoryBytes ?? 0)} />
        <Tile title="clients" value={String(status?.clients ?? 0)} />
      </section>
      <section class="charts">
        <Chart title="Throughput" samples={samples} lines={RATE} />
        <Chart title="Queues" samples={samples} lines={QUEUES} />
        <Chart title="Memory" samples={samples} lines={MEMORY} />
      </section>
      <Scale engines={engines.length} onIntent={onIntent} />
      <Engines engines={engines} onIntent={onIntent} />
    </>
  );
}

function Tile(
  { title, value }: { readonly title: string; readonly value: string },
): JSX.Element {
  return (
    <div class="panel tile">
      <b>{value}</b>
      <span>{title}</span>
    </div>
  );
}

interface ScaleProps {
  readonly engines: number;
  readonly onIntent: (intent: Intent) => void;
}

function Scale({ engines, onIntent }: ScaleProps): JSX.Element {
  const [wanted, setWanted] = useState<number | undefined>(undefined);
  const value = wanted ?? engines;
  return (
    <section class="panel">
      <h2>Scale</h2>
      <div class="bar">
        <input
          type="number"
          min={0}
          aria-label="Number of engines"
          value={value}
          onInput={(event) => setWanted(event.currentTarget.valueAsNumber)}
        />
        <button
          type="button"
          disabled={value === engines || !Number.isSafeInteger(value)}
          onClick={() =>
            onIntent({
              question:
                `Bring the cluster from ${engines} to ${value} engines?`,
              verb: "Scale",
              run: () => act("/api/scale", { engines: value }),
            })}
        >
          Scale
        </button>
      </div>
    </section>
  );
}

const LOGS_REFRESH_MS = 2_000;

function Logs(): JSX.Element {
  const [logs, setLogs] = useState<readonly LogTail[]>([]);
  const [filter, setFilter] = useState("");
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const fetchLogs = (): void =>
      void ask<LogTail[]>("/api/logs").then(
        setLogs,
        (error) => setProblem(String(error.message)),
      );
    fetchLogs();
    const timer = setInterval(fetchLogs, LOGS_REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const shown = logs.filter(({ name }) => name.includes(filter));
  return (
    <section class="panel">
      <h2>Logs</h2>
      <div class="bar">
        <input
          type="search"
          data-search
          aria-label="Filter logs"
          placeholder="Part of a process's name ( / )"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {problem !== "" && <p class="error" role="alert">{problem}</p>}
      {shown.length === 0 && <p class="quiet">Nobody has said anything</p>}
      {shown.map(({ name, lines }) => (
        <div key={name}>
          <h2>{name}</h2>
          <pre>{lines.join("\n")}</pre>
        </div>
      ))}
    </section>
  );
}

function tabOfAddress(): Tab {
  return TABS.find((name) => `#${name.toLowerCase()}` === location.hash) ??
    "Cluster";
}

/** 1 to 4 choose a tab, t the theme, / the filter, Esc leaves it. */
function listenToKeys(setTab: (tab: Tab) => void): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const isTyping = event.target instanceof HTMLInputElement ||
      event.target instanceof HTMLSelectElement;
    if (event.key === "Escape") {
      if (isTyping) event.target.blur();
      const details = document.querySelector("[data-details] button");
      if (details instanceof HTMLButtonElement) details.click();
      return;
    }
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const tab = TABS[Number(event.key) - 1];
    if (tab !== undefined) setTab(tab);
    if (event.key === "t") toggleTheme();
    if (event.key !== "/") return;
    const search = document.querySelector("[data-search]");
    if (!(search instanceof HTMLInputElement)) return;
    event.preventDefault();
    search.focus();
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

const place = document.getElementById("app");
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
