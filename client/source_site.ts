/**
 * Where a shipped function stands in the user's files. Looked for when one of
 * its errors arrives, and not before.
 *
 * @module
 */
import type * as nodeModule from "node:module";
import {
  findWords,
  functionWords,
  moduleWords,
  type SourceWord,
  wordAt,
} from "../functions/analysis/mod.ts";
import {
  type FunctionForm,
  SCRIPT_HEAD_LENGTHS,
  scriptName,
} from "../functions/mod.ts";

/** Functions whose place is remembered. */
export const SITES_MAX = 4_096;
/** Files whose words are remembered. */
export const SITE_FILES_MAX = 16;
/** Largest file that is looked into. */
export const SITE_FILE_BYTES_MAX: number = 4 << 20;
/** Files of one call that are looked into. */
const CALLERS_MAX = 4;

/** Where frames of this module and its neighbours come from. */
const OWN_FOLDER = new URL(".", import.meta.url).href;

/** A function as it was shipped. */
export interface SiteFunction {
  /** Its content hash. */
  readonly hash: string;
  /** What `Function.prototype.toString` gave. */
  readonly source: string;
  /** How it reads. */
  readonly form: FunctionForm;
  /** What it is called; may be empty. */
  readonly name: string;
}

/** Remembers from where functions were shipped. */
export class SourceSites {
  readonly #sites = new Map<string, SourceSite>();
  readonly #files = new Map<string, readonly SourceWord[] | undefined>();

  /** The place of a function, which is being shipped now if it is new. */
  of(shipped: SiteFunction): SourceSite {
    const known = this.#sites.get(shipped.hash);
    if (known !== undefined) return known;
    forgetOldest(this.#sites, SITES_MAX);
    const site = new SourceSite(shipped, (url) => this.#words(url));
    this.#sites.set(shipped.hash, site);
    return site;
  }

  #words(url: string): readonly SourceWord[] | undefined {
    if (this.#files.has(url)) return this.#files.get(url);
    forgetOldest(this.#files, SITE_FILES_MAX);
    const words = readWords(new URL(url));
    this.#files.set(url, words);
    return words;
  }
}

/** The place of one function. */
export class SourceSite {
  readonly #shipped: SiteFunction;
  readonly #words: (url: string) => readonly SourceWord[] | undefined;
  /** Made while the user's call is on the stack; read on demand. */
  readonly #call = new Error("shipped");
  #found: Place | undefined;
  #isSought = false;

  /** Remembers the call that is going on. */
  constructor(
    shipped: SiteFunction,
    words: (url: string) => readonly SourceWord[] | undefined,
  ) {
    this.#shipped = shipped;
    this.#words = words;
  }

  /**
   * A remote stack in which the frames of the function name its own file and
   * line. They stay as they are where the file cannot be read, or does not
   * have the function any more.
   */
  locate(stack: string): string {
    const { form, name, hash } = this.#shipped;
    const script = scriptName(name, hash);
    if (!stack.includes(script)) return stack;
    return stack.replaceAll(
      /(\(|at )(ippd:[\w.$-]+):(\d+):(\d+)/g,
      (frame: string, before: string, found: string, ...place: string[]) => {
        if (found !== script) return frame;
        const [line = 0, column = 0] = place.map(Number);
        const head = line === 1 ? SCRIPT_HEAD_LENGTHS[form] : 0;
        const there = this.#place(line, column - head);
        return there === undefined ? frame : `${before}${there}`;
      },
    );
  }

  #place(line: number, column: number): string | undefined {
    if (!this.#isSought) {
      this.#isSought = true;
      this.#found = this.#find();
    }
    if (this.#found === undefined) return undefined;
    const { url, words, own, start } = this.#found;
    const word = words[start + wordAt(own, { line, column })];
    return word && `${url}:${word.line}:${word.column}`;
  }

  #find(): Place | undefined {
    const { source, form } = this.#shipped;
    try {
      const own = functionWords(source, form);
      for (const { url, line } of callers(this.#call.stack ?? "")) {
        const words = this.#words(url);
        const start = words && findWords(words, own, line);
        if (words === undefined || start === undefined) continue;
        return { url, words, own, start };
      }
    } catch {
      // A help that fails must not hide the error that it is about.
    }
    return undefined;
  }
}

interface Place {
  readonly url: string;
  readonly words: readonly SourceWord[];
  readonly own: readonly SourceWord[];
  readonly start: number;
}

function forgetOldest(entries: Map<string, unknown>, max: number): void {
  if (entries.size < max) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}

/** The user's files on the stack of a call, the innermost first. */
function callers(stack: string): { url: string; line: number }[] {
  const found = new Map<string, number>();
  for (const [, url = "", line] of stack.matchAll(FRAME)) {
    if (url.startsWith(OWN_FOLDER) || found.has(url)) continue;
    found.set(url, Number(line));
    if (found.size === CALLERS_MAX) break;
  }
  return [...found].map(([url, line]) => ({ url, line }));
}

const FRAME = /(file:\/\/\/[^\n]*?):(\d+):\d+\)?$/gm;

/** The words of a file, where it can be read unasked and is understood. */
function readWords(url: URL): readonly SourceWord[] | undefined {
  try {
    const permission = { name: "read", path: url } as const;
    if (Deno.permissions.querySync(permission).state !== "granted") {
      return undefined;
    }
    if (Deno.statSync(url).size > SITE_FILE_BYTES_MAX) return undefined;
    const text = Deno.readTextFileSync(url);
    return moduleWords(/\.[cm]?ts$/.test(url.pathname) ? strip(text) : text);
  } catch {
    return undefined;
  }
}

/** Removes types; everything else stays in its place. */
function strip(text: string): string {
  // It takes 20 ms to load, and most programs never come here.
  const { stripTypeScriptTypes }: Pick<
    typeof nodeModule,
    "stripTypeScriptTypes"
  > = globalThis.process
    .getBuiltinModule("node:module");
  return stripTypeScriptTypes(text);
}
