/**
 * The engines: how each is, what it runs, and what can be done with it.
 *
 * @module
 */
/** @jsxRuntime automatic */
/** @jsxImportSource preact */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import {
  act,
  ask,
  bytesText,
  durationText,
  type EngineStack,
  type ProcessStatus,
} from "./api.ts";
import type { Intent } from "./confirm.tsx";

interface EnginesProps {
  readonly engines: readonly ProcessStatus[];
  readonly onIntent: (intent: Intent) => void;
}

interface Column {
  readonly name: string;
  readonly of: (engine: ProcessStatus) => number | string;
}

const COLUMNS: readonly Column[] = [
  { name: "Engine", of: ({ engineId }) => engineId },
  { name: "Host", of: ({ host }) => host },
  { name: "Slots", of: ({ slots }) => slots },
  { name: "Load", of: ({ running, slots }) => running / Math.max(1, slots) },
  { name: "Running", of: ({ running }) => running },
  { name: "Finished", of: ({ finished }) => finished },
  { name: "Memory", of: ({ memoryBytes }) => memoryBytes },
  { name: "Heard", of: ({ silentMs }) => silentMs },
];

/** Rows that are drawn; more are reached by the filter. */
const ROWS_SHOWN_MAX = 100;

/** A table of engines with filter, order and actions. */
export function Engines({ engines, onIntent }: EnginesProps): JSX.Element {
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState({ column: 0, isDown: false });
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [stacks, setStacks] = useState<readonly EngineStack[]>([]);
  const [problem, setProblem] = useState("");
  const rows = useMemo(
    () => sorted(engines.filter((e) => matches(e, filter)), order),
    [engines, filter, order],
  );
  const ids = [...chosen].filter((id) =>
    engines.some(({ engineId }) => engineId === id)
  );
  const toggle = (id: number): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const intend = (action: string, question: string): void =>
    onIntent({
      question: `${question} ${named(ids)}?`,
      verb: action,
      run: () => act(`/api/${action.toLowerCase()}`, { targets: ids }),
    });
  const look = async (): Promise<void> => {
    try {
      const list = ids.join(",");
      setStacks(await ask<EngineStack[]>(`/api/stack?engines=${list}`));
      setProblem("");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const none = ids.length === 0;
  return (
    <section class="panel">
      <h2>Engines</h2>
      <div class="bar">
        <input
          type="search"
          data-search
          placeholder="Filter by id, host or label ( / )"
          aria-label="Filter engines"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <button type="button" disabled={none} onClick={look}>Stack</button>
        <button
          type="button"
          disabled={none}
          onClick={() => intend("Interrupt", "Interrupt what runs on")}
        >
          Interrupt
        </button>
        <button
          type="button"
          disabled={none}
          onClick={() => intend("Restart", "Restart")}
        >
          Restart
        </button>
        <button
          type="button"
          class="danger"
          disabled={none}
          onClick={() => intend("Stop", "Stop")}
        >
          Stop
        </button>
      </div>
      {problem !== "" && <p class="error" role="alert">{problem}</p>}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th></th>
              {COLUMNS.map(({ name }, column) => (
                <th key={name} class={column === 1 ? "" : "number"}>
                  <button
                    type="button"
                    onClick={() =>
                      setOrder({
                        column,
                        isDown: order.column === column && !order.isDown,
                      })}
                  >
                    {name}
                    {order.column === column && (order.isDown ? " ▾" : " ▴")}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, ROWS_SHOWN_MAX).map((engine) => (
              <EngineRow
                key={engine.engineId}
                engine={engine}
                isChosen={chosen.has(engine.engineId)}
                onToggle={toggle}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        {rows.length > ROWS_SHOWN_MAX
          ? `${ROWS_SHOWN_MAX} of ${rows.length} engines; filter or order to see others`
          : `${rows.length} engines`}
      </p>
      {stacks.map((stack) => <Stack key={stack.engineId} stack={stack} />)}
    </section>
  );
}

interface EngineRowProps {
  readonly engine: ProcessStatus;
  readonly isChosen: boolean;
  readonly onToggle: (id: number) => void;
}

function EngineRow(
  { engine, isChosen, onToggle }: EngineRowProps,
): JSX.Element {
  const { engineId, host, slots, running, finished, memoryBytes, silentMs } =
    engine;
  const labels = Object.entries(engine.labels)
    .map(([name, value]) => `${name}=${value}`).join(" ");
  return (
    <tr aria-selected={isChosen} onClick={() => onToggle(engineId)}>
      <td>
        <input
          type="checkbox"
          aria-label={`Engine ${engineId}`}
          checked={isChosen}
          onClick={(event) => event.stopPropagation()}
          onChange={() => onToggle(engineId)}
        />
      </td>
      <td class="number">{engineId}</td>
      <td>
        {host} <span class="quiet">{labels}</span>
      </td>
      <td class="number">{slots}</td>
      <td class="number">
        <meter
          min={0}
          max={Math.max(1, slots)}
          value={Math.min(running, slots)}
          aria-label="Load"
        />
      </td>
      <td class="number">{running}</td>
      <td class="number">{finished}</td>
      <td class="number">{bytesText(memoryBytes)}</td>
      <td class="number">{durationText(silentMs)}</td>
    </tr>
  );
}

function Stack({ stack }: { readonly stack: EngineStack }): JSX.Element {
  const text = stack.slots.map(({ slot, state, taskId, frames }) =>
    [
      `slot ${slot}: ${state}${taskId === undefined ? "" : ` ${taskId}`}`,
      ...frames.map((frame) => `    at ${frame}`),
    ].join("\n")
  ).join("\n");
  return (
    <div class="panel">
      <h2>Stack of engine {stack.engineId}</h2>
      <pre>{text}</pre>
    </div>
  );
}

function matches(engine: ProcessStatus, filter: string): boolean {
  if (filter === "") return true;
  const { engineId, host, labels } = engine;
  const words = [
    String(engineId),
    host,
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  ];
  return words.some((word) => word.includes(filter));
}

function sorted(
  engines: readonly ProcessStatus[],
  { column, isDown }: { readonly column: number; readonly isDown: boolean },
): ProcessStatus[] {
  const of = COLUMNS[column]?.of ?? (() => 0);
  const sign = isDown ? -1 : 1;
  return engines.toSorted((a, b) => {
    const [left, right] = [of(a), of(b)];
    return left < right ? -sign : left > right ? sign : 0;
  });
}

function named(ids: readonly number[]): string {
  const shown = ids.slice(0, 8).join(", ");
  const rest = ids.length > 8 ? ` and ${ids.length - 8} more` : "";
  return `${ids.length === 1 ? "engine" : "engines"} ${shown}${rest}`;
}
