/**
 * A map from the ids of tasks, which clients number. Pure.
 *
 * @module
 */

/** Tasks whose numbers follow one another lie side by side, so many of them. */
const RUN_BITS = 6;
const RUN_LENGTH: number = 1 << RUN_BITS;
/** Larger numbers are kept as text. */
const LARGEST_NUMBER: number = 2 ** 31 - 1;
const RADIX = 36;

const DASH = 0x2d;
const DIGIT_ZERO = 0x30;
const DIGIT_NINE = 0x39;
const LETTER_A = 0x61;
const LETTER_Z = 0x7a;

/** The values of tasks that follow one another. */
interface Run<V> {
  readonly values: (V | undefined)[];
  used: number;
}

/**
 * Values by the ids of tasks: a prefix that names the client, a dash, and a
 * number to the base of 36. Tasks come and go about in the order of their
 * numbers, so that what is looked for was used a moment ago, or lies beside
 * it; in a table by hashes each of a million is somewhere else, and the whole
 * table is made again and again. Ids of another form are taken as they are.
 */
export class TaskIdMap<V extends NonNullable<unknown>> {
  readonly #runs = new Map<string, Map<number, Run<V>>>();
  readonly #others = new Map<string, V>();
  #size = 0;
  /** The client that was asked for last, as nearly always the next one is. */
  #prefix = "";
  #ofPrefix: Map<number, Run<V>> | undefined;
  #number = 0;
  /** The id that has that number: most are looked for twice. */
  #found: string | undefined;

  /** How many ids have a value. */
  get size(): number {
    return this.#size;
  }

  /** The value of an id. */
  get(id: string): V | undefined {
    if (!this.#find(id)) return this.#others.get(id);
    const run = this.#ofPrefix?.get(this.#number >> RUN_BITS);
    return run?.values[this.#number & (RUN_LENGTH - 1)];
  }

  /** Gives an id a value. */
  set(id: string, value: V): void {
    if (!this.#find(id)) {
      if (!this.#others.has(id)) this.#size++;
      this.#others.set(id, value);
      return;
    }
    let runs = this.#ofPrefix;
    if (runs === undefined) {
      runs = new Map();
      this.#runs.set(this.#prefix, runs);
      this.#ofPrefix = runs;
    }
    const key = this.#number >> RUN_BITS;
    let run = runs.get(key);
    if (run === undefined) {
      run = { values: new Array<V | undefined>(RUN_LENGTH), used: 0 };
      runs.set(key, run);
    }
    const place = this.#number & (RUN_LENGTH - 1);
    if (run.values[place] === undefined) {
      run.used++;
      this.#size++;
    }
    run.values[place] = value;
  }

  /** Takes the value of an id away; says whether there was one. */
  delete(id: string): boolean {
    if (!this.#find(id)) {
      if (!this.#others.delete(id)) return false;
      this.#size--;
      return true;
    }
    const runs = this.#ofPrefix;
    const key = this.#number >> RUN_BITS;
    const run = runs?.get(key);
    const place = this.#number & (RUN_LENGTH - 1);
    if (runs === undefined || run?.values[place] === undefined) return false;
    run.values[place] = undefined;
    this.#size--;
    if (--run.used > 0) return true;
    runs.delete(key);
    if (runs.size === 0) {
      this.#runs.delete(this.#prefix);
      this.#ofPrefix = undefined;
    }
    return true;
  }

  /** Finds the client's runs and the task's number, if its id has that form. */
  #find(id: string): boolean {
    if (id === this.#found) return true;
    let number = 0;
    let unit = 1;
    let at = id.length - 1;
    for (; at >= 0; at--) {
      const digit = digitOf(id.charCodeAt(at));
      if (digit < 0) break;
      number += digit * unit;
      unit *= RADIX;
      if (number > LARGEST_NUMBER) return false;
    }
    if (at < 0 || id.charCodeAt(at) !== DASH) return false;
    const digits = id.length - 1 - at;
    // Each number has one form, so that no two ids share a place.
    if (digits === 0 || (digits > 1 && unit / RADIX > number)) return false;
    this.#number = number;
    this.#found = id;
    if (at !== this.#prefix.length || !id.startsWith(this.#prefix)) {
      this.#prefix = id.slice(0, at);
      this.#ofPrefix = this.#runs.get(this.#prefix);
    }
    return true;
  }
}

/** What a character counts, or -1 for one that is no digit. */
function digitOf(code: number): number {
  if (code >= DIGIT_ZERO && code <= DIGIT_NINE) return code - DIGIT_ZERO;
  return code >= LETTER_A && code <= LETTER_Z ? code - LETTER_A + 10 : -1;
}
