/**
 * Carries out one piece of work in the slot: a call, a cell, or a change of
 * the namespace.
 *
 * @module
 */
import { ProtocolError } from "../base/mod.ts";
import {
  type CapturedScope,
  checkFree,
  exportedFunction,
  hasExpressions,
  openCaptures,
  parseCaptures,
  resolveReferences,
} from "../functions/mod.ts";
import {
  CONDITION,
  decodeValue,
  type UnitModule,
  type Work,
} from "../messages/mod.ts";
import type { TransformCell } from "./cell_transform.ts";
import type { Evaluate } from "./evaluator.ts";
import type { ShippedFunction, UserFunction } from "./function_cache.ts";
import { mapRows, settleRows } from "./map_rows.ts";
import { Namespace } from "./namespace.ts";
import { parsePath } from "./namespace_path.ts";
import type { Payload } from "./slot_state.ts";
import { TaskInputs } from "./task_inputs.ts";
import { checkNeeds, onlyWhen } from "./unmet_condition.ts";

/** A piece of work that has been compiled and decoded: only user code is left. */
export type ReadyWork = () => unknown;

type CallWork = Extract<Work, { function: string }>;

const NO_NAMES: readonly string[] = [];

/** Prepares work; the namespace is that of the process. */
export class WorkRunner {
  readonly #evaluate: Evaluate;
  readonly #namespace: Namespace;
  #transform: TransformCell | undefined;

  /**
   * Make it before any user code runs: the globals that are there then count
   * as built in.
   */
  constructor(evaluate: Evaluate) {
    this.#evaluate = evaluate;
    this.#namespace = new Namespace({
      evaluate,
      transform: (source, options) => {
        if (this.#transform !== undefined) {
          return this.#transform(source, options);
        }
        throw new TypeError("Cannot read cell: the parser is not loaded");
      },
    });
  }

  /** Decodes and compiles; a promise when the parser has to be loaded. */
  prepare(
    work: Work,
    payload: Payload,
    shipped: ShippedFunction | undefined,
    inputParts?: readonly number[],
  ): ReadyWork | Promise<ReadyWork> {
    switch (work.kind) {
      case "apply":
      case "map":
        return this.#prepareCall(
          work,
          new TaskInputs(payload, inputParts),
          shipped,
        );
      case "execute": {
        const source = new TextDecoder().decode(payload[0]);
        const { name, language } = work;
        return this.#withParser(() => () => {
          if (payload.length > 1) this.#push(decodeValue(payload.slice(1)));
          return this.#namespace.run(source, { name, language });
        });
      }
      case "push":
        return () => this.#push(decodeValue(payload), work.path);
      case "pull": {
        const [only = ""] = work.names;
        const pull: ReadyWork = work.one === true
          ? () => this.#namespace.get(only)
          : () =>
            Promise.all(work.names.map((name) => this.#namespace.get(name)));
        return work.names.every(isPath) ? pull : this.#withParser(() => pull);
      }
      case "clear":
        return () =>
          this.#namespace.clear(
            work.names.length === 0 ? undefined : work.names,
          );
      case "reset":
        throw new ProtocolError(
          "Cannot run reset: its slot would have to start anew",
        );
    }
  }

  #prepareCall(
    work: CallWork,
    inputs: TaskInputs,
    shipped: ShippedFunction | undefined,
  ): ReadyWork | Promise<ReadyWork> {
    if (shipped === undefined) {
      throw new ReferenceError(
        "Cannot run task: the function's source is missing",
      );
    }
    const value = decodeValue(inputs.own);
    if (work.extras !== true) {
      const { module, free } = shipped;
      if (module !== undefined) {
        return importFunction(module)
          .then((run) => readyCall(work, run, value));
      }
      if (free.length > 0) this.#check(free);
      return readyCall(work, shipped.compile(), value);
    }
    const extras = readExtras(value);
    if (extras.needs.length === 0) {
      return this.#prepareExtras(work, shipped, extras, inputs);
    }
    return this.#checkNeeds(extras.needs)
      .then(() => this.#prepareExtras(work, shipped, extras, inputs));
  }

  #checkNeeds(needs: readonly string[]): Promise<void> {
    return checkNeeds(needs, {
      has: (name) => this.#namespace.has(name),
      load: (specifier) => import(specifier),
    });
  }

  #prepareExtras(
    work: CallWork,
    shipped: ShippedFunction,
    { lists, references, captures, free, conditional }: ReadExtras,
    inputs: TaskInputs,
  ): ReadyWork | Promise<ReadyWork> {
    const resolve = (): unknown =>
      references
        ? resolveReferences(
          lists,
          (text) => this.#namespace.get(text),
          (input) => inputs.value(input),
        )
        : lists;
    const { module } = shipped;
    const ready = (): ReadyWork | Promise<ReadyWork> => {
      if (module === undefined) this.#check(free);
      const scope = captures === undefined
        ? undefined
        : openCaptures(parseCaptures(captures), this.#evaluate);
      const only = (call: ReadyWork): ReadyWork =>
        conditional ? onlyWhen(conditionIn(scope), call) : call;
      if (module !== undefined) {
        return importFunction(module)
          .then((run) => only(readyCall(work, run, resolve())));
      }
      return only(readyCall(work, shipped.compile(scope), resolve()));
    };
    return references && hasExpressions(lists)
      ? this.#withParser(ready)
      : ready();
  }

  #check(free: readonly string[]): void {
    checkFree(free, (name) => this.#namespace.has(name));
  }

  #push(encoded: unknown, path?: string): void {
    const names = openCaptures(parseCaptures(encoded), this.#evaluate);
    if (path !== undefined) return this.#namespace.set(path, names["value"]);
    for (const [name, value] of Object.entries(names)) {
      this.#namespace.set(name, value);
    }
  }

  /** Cells need a parser, which most slots never do. */
  #withParser(
    ready: () => ReadyWork | Promise<ReadyWork>,
  ): ReadyWork | Promise<ReadyWork> {
    if (this.#transform !== undefined) return ready();
    return import("./cell_transform.ts").then(({ transformCell }) => {
      this.#transform = transformCell;
      return ready();
    });
  }
}

async function importFunction(module: UnitModule): Promise<UserFunction> {
  // The module may import it: then its callbacks have been wrapped before.
  void Reflect.get(globalThis, "process");
  const { url, export: name } = module;
  const task = { kind: "module", module: url, export: name } as const;
  return exportedFunction(task, await import(url));
}

/** What decides whether a function is called. */
function conditionIn(scope: CapturedScope | undefined): () => unknown {
  const condition = scope?.[CONDITION];
  if (typeof condition === "function") return () => condition();
  throw new ProtocolError("Cannot run task: its condition is missing");
}

function readyCall(
  work: CallWork,
  run: UserFunction,
  lists: unknown,
): ReadyWork {
  if (!Array.isArray(lists)) {
    throw new TypeError("Cannot run task: its arguments are not a list");
  }
  if (work.kind === "apply") return () => run(...lists);
  return work.settle === true
    ? () => settleRows(run, lists)
    : () => mapRows(run, lists);
}

interface ReadExtras {
  readonly lists: unknown;
  readonly references: boolean;
  readonly captures: unknown;
  readonly free: readonly string[];
  readonly needs: readonly string[];
  readonly conditional: boolean;
}

function readExtras(value: unknown): ReadExtras {
  if (typeof value === "object" && value !== null) {
    const extras = Object(value);
    const { lists, captures, free, needs = NO_NAMES } = extras;
    const references = extras.references === true;
    const conditional = extras.conditional === true;
    if (isTextList(free) && isTextList(needs)) {
      return { lists, references, captures, free, needs, conditional };
    }
  }
  throw new ProtocolError("Cannot run task: its extras are not readable");
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isPath(name: string): boolean {
  return parsePath(name) !== undefined;
}
