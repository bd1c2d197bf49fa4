/**
 * The tasks that are on record, searched by the query language.
 *
 * @module
 */
/** @jsxRuntime automatic */
/** @jsxImportSource preact */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ask, durationText, type TaskPage, type TaskRow } from "./api.ts";

const PAGE_ROWS = 100;
/** How often a page that shows the newest is fetched again. */
const REFRESH_MS = 2_000;

const STATUSES = [
  "",
  "pending",
  "ok",
  "error",
  "engine_lost",
  "cancelled",
  "timed_out",
];

/** A table of tasks with search, pages and details. */
export function Tasks(): JSX.Element {
  const [text, setText] = useState("");
  const [status, setStatus] = useState("");
  const [skip, setSkip] = useState(0);
  const [page, setPage] = useState<TaskPage>({ tasks: [], total: 0 });
  const [problem, setProblem] = useState("");
  const [chosen, setChosen] = useState("");
  useEffect(() => {
    let isCurrent = true;
    const fetchPage = async (): Promise<void> => {
      try {
        const filter = JSON.stringify(filterOf(text, status));
        const query = new URLSearchParams({
          filter,
          limit: String(PAGE_ROWS),
          skip: String(skip),
        });
        const found = await ask<TaskPage>(`/api/tasks?${query}`);
        if (!isCurrent) return;
        setPage(found);
        setProblem("");
      } catch (error) {
        if (!isCurrent) return;
        setProblem(error instanceof Error ? error.message : String(error));
      }
    };
    void fetchPage();
    const timer = skip === 0 ? setInterval(fetchPage, REFRESH_MS) : undefined;
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [text, status, skip]);
  return (
    <section class="panel">
      <h2>Tasks</h2>
      <div class="bar">
        <input
          type="search"
          data-search
          placeholder='Label, or a filter such as {"label": {"$glob": "sweep-*"}} ( / )'
          aria-label="Search tasks"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setSkip(0);
          }}
        />
        <select
          aria-label="Status"
          value={status}
          onChange={(event) => {
            setStatus(event.currentTarget.value);
            setSkip(0);
          }}
        >
          {STATUSES.map((name) => (
            <option key={name} value={name}>{name || "any status"}</option>
          ))}
        </select>
        <button
          type="button"
          disabled={skip === 0}
          onClick={() => setSkip(Math.max(0, skip - PAGE_ROWS))}
        >
          Newer
        </button>
        <button
          type="button"
          disabled={skip + PAGE_ROWS >= page.total}
          onClick={() => setSkip(skip + PAGE_ROWS)}
        >
          Older
        </button>
      </div>
      {problem !== "" && <p class="error" role="alert">{problem}</p>}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Task</th>
              <th>Status</th>
              <th>Label</th>
              <th>Work</th>
              <th class="number">Engine</th>
              <th class="number">Waited</th>
              <th class="number">Ran</th>
              <th class="number">Attempts</th>
              <th>Submitted</th>
            </tr>
          </thead>
          <tbody>
            {page.tasks.map((task) => (
              <TaskLine
                key={task.id}
                task={task}
                isChosen={task.id === chosen}
                onChoose={setChosen}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        {page.total === 0
          ? "No task is on record"
          : `${skip + 1} to ${skip + page.tasks.length} of ${page.total}`}
      </p>
      {chosen !== "" && (
        <TaskDetails
          id={chosen}
          onClose={() => setChosen("")}
        />
      )}
    </section>
  );
}

interface TaskLineProps {
  readonly task: TaskRow;
  readonly isChosen: boolean;
  readonly onChoose: (id: string) => void;
}

function TaskLine({ task, isChosen, onChoose }: TaskLineProps): JSX.Element {
  const { id, status, label, work, engineId, attempts } = task;
  const { submittedMs, startedMs, completedMs } = task;
  const ran = startedMs === undefined || completedMs === undefined
    ? undefined
    : completedMs - startedMs;
  const waited = startedMs === undefined ? undefined : startedMs - submittedMs;
  return (
    <tr aria-selected={isChosen} onClick={() => onChoose(id)}>
      <td>
        <button type="button" onClick={() => onChoose(id)}>{id}</button>
      </td>
      <td class={status}>{status}</td>
      <td>{label}</td>
      <td>{work}</td>
      <td class="number">{engineId}</td>
      <td class="number">{durationText(waited)}</td>
      <td class="number">{durationText(ran)}</td>
      <td class="number">{attempts}</td>
      <td>{new Date(submittedMs).toLocaleTimeString()}</td>
    </tr>
  );
}

interface TaskDetailsProps {
  readonly id: string;
  readonly onClose: () => void;
}

function TaskDetails({ id, onClose }: TaskDetailsProps): JSX.Element {
  const [task, setTask] = useState<Record<string, unknown>>({});
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setTask({});
    ask<Record<string, unknown>>(`/api/task?id=${encodeURIComponent(id)}`)
      .then(setTask, (error) => setProblem(String(error.message)));
  }, [id]);
  const long = ["stdout", "stderr", "error"];
  return (
    <div class="panel" data-details>
      <div class="bar">
        <h2>{id}</h2>
        <button type="button" onClick={onClose}>Close ( Esc )</button>
      </div>
      {problem !== "" && <p class="error">{problem}</p>}
      <dl>
        {Object.entries(task).filter(([name]) => !long.includes(name)).map((
          [name, value],
        ) => (
          <>
            <dt>{name}</dt>
            <dd>{textOf(value)}</dd>
          </>
        ))}
      </dl>
      {long.filter((name) => task[name] !== undefined && task[name] !== "")
        .map((name) => (
          <>
            <h2>{name}</h2>
            <pre>{textOf(task[name])}</pre>
          </>
        ))}
    </div>
  );
}

function textOf(value: unknown): string {
  return typeof value === "string"
    ? value
    : JSON.stringify(value, undefined, 1) ?? "";
}

/** Plain words look for a label, braces are a filter of the language. */
function filterOf(text: string, status: string): Record<string, unknown> {
  const trimmed = text.trim();
  const filter = trimmed.startsWith("{")
    ? JSON.parse(trimmed)
    : trimmed === ""
    ? {}
    : { label: { $glob: `*${trimmed}*` } };
  return status === "" ? filter : { ...filter, status };
}
