/**
 * From the source of a function to the function, on the engine. Needs no
 * parser.
 *
 * @module
 */
import type { FunctionForm } from "./function_analysis.ts";

/** Evaluates a script and gives its completion value. */
export type EvaluateScript = (code: string) => unknown;

/** A function that was shipped. */
export type CompiledFunction = (...args: unknown[]) => unknown;

/** What a shipped function sees besides globals: values by name. */
export type CapturedScope = Readonly<Record<string, unknown>>;

/** A source, and what belongs to it. */
export interface SourceToCompile {
  /** What `Function.prototype.toString` gave. */
  readonly source: string;
  /** How it reads. @default whichever of the two compiles */
  readonly form?: FunctionForm;
  /** What stacks call its script, after `ippd:`: a name or hash. */
  readonly name?: string;
  /** Values by name that the function sees as constants. */
  readonly captures?: CapturedScope;
}

/** What starts the name of each shipped script in stacks. */
export const SOURCE_URL_PREFIX = "ippd:";

/** Longer names are cut: stacks repeat them in every line. */
const SOURCE_NAME_LENGTH_MAX = 80;

/** Digits of the hash in the name of a script that has no better one. */
const SCRIPT_NAME_DIGITS = 12;

/**
 * What stacks call the script of a function.
 *
 * @param name The function's name; may be empty.
 * @param hash Its content hash.
 */
export function scriptName(name: string, hash: string): string {
  const shown = name === "" ? hash.slice(0, SCRIPT_NAME_DIGITS) : name;
  return `${SOURCE_URL_PREFIX}${sourceName(shown)}`;
}

const HEAD = '(function(){"use strict";';

/**
 * What stands before a function on the first line of its script, without
 * captures, in UTF-16 units.
 */
export const SCRIPT_HEAD_LENGTHS: Readonly<Record<FunctionForm, number>> = {
  expression: `${HEAD}return(`.length,
  member: `${HEAD}return({`.length,
};

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

// Strict code cannot declare these, module code not the last.
const RESERVED: ReadonlySet<string> = new Set(
  `arguments break case catch class const continue debugger default delete do
  else enum eval export extends false finally for function if implements import
  in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof var void while with yield
  await`.split(/\s+/),
);

/** Whether code can use a text as the name of a variable. */
export function isVariableName(text: string): boolean {
  return IDENTIFIER.test(text) && !RESERVED.has(text);
}

/**
 * Compiles a shipped function, as strict code; line numbers in its stacks are
 * those of its own text.
 *
 * @throws {SyntaxError} when the source is neither an expression nor a member
 * of an object.
 * @throws {TypeError} when it is something else than a function, or a capture
 * has a name that no variable can have.
 */
export function compileSource(
  source: SourceToCompile,
  evaluate: EvaluateScript,
): CompiledFunction {
  const names = Object.keys(source.captures ?? {});
  checkNames(names);
  // The scope arrives as `arguments`: any parameter would be one more name
  // that the function sees. It cannot be taken apart in the parameter list,
  // next to which "use strict" is not allowed.
  const bind = names.length === 0
    ? ""
    : `const{${names.join(",")}}=arguments[0];`;
  const [head, tail] = [`${HEAD}${bind}return`, "})"];
  const factory = compileForm(source, evaluate, head, tail);
  return factory(source.captures);
}

/** A captured function, compiled before all that it captures is known. */
export interface UnboundFunction {
  /** The function or class. */
  readonly value: CompiledFunction;
  /** Takes the scope's values as they are now. */
  readonly bind: () => void;
}

/**
 * Compiles a function whose scope is completed only later, because functions
 * in it need one another. What a class needs to be defined must be there.
 *
 * @throws {SyntaxError} like {@linkcode compileSource}.
 * @throws {TypeError} like {@linkcode compileSource}.
 */
export function compileUnbound(
  source: SourceToCompile,
  evaluate: EvaluateScript,
): UnboundFunction {
  const names = Object.keys(source.captures ?? {});
  checkNames(names);
  const list = names.join(",");
  const head = `${HEAD}let{${list}}=arguments[0];return[`;
  const tail = `,()=>{({${list}}=arguments[0])}]})`;
  let bind: () => unknown = () => undefined;
  const factory = compileForm(source, evaluate, head, tail, (made) => {
    if (!Array.isArray(made)) return made;
    const [value, rebind]: unknown[] = made;
    if (isFunction(rebind)) bind = rebind;
    return value;
  });
  const value = factory(source.captures);
  return { value, bind: () => void bind() };
}

type Factory = (scope: CapturedScope | undefined) => CompiledFunction;

/**
 * Compiles the script around a source. A source that does not say how it
 * reads is tried as an expression first, which most are.
 */
function compileForm(
  { source, form, name }: SourceToCompile,
  evaluate: EvaluateScript,
  head: string,
  tail: string,
  pick: (made: unknown) => unknown = (made) => made,
): Factory {
  const url = `\n//# sourceURL=${SOURCE_URL_PREFIX}${sourceName(name)}`;
  // The line end keeps a comment at the source's end from hiding what follows.
  const expression = (): unknown =>
    evaluate(`${head}(${source}\n)${tail}${url}`);
  const member = (): unknown => evaluate(`${head}({${source}\n})${tail}${url}`);
  let made: unknown;
  let isMember = form === "member";
  try {
    made = isMember ? member() : expression();
  } catch (asExpression) {
    if (form !== undefined || !(asExpression instanceof SyntaxError)) {
      throw asExpression;
    }
    try {
      made = member();
      isMember = true;
    } catch {
      throw asExpression;
    }
  }
  if (!isFunction(made)) {
    throw new TypeError("Cannot compile function: its script makes none");
  }
  const factory = made;
  return (scope) => {
    const value = pick(factory(scope));
    return checkedFunction(isMember ? onlyMember(value) : value);
  };
}

function checkNames(names: readonly string[]): void {
  for (const name of names) {
    if (isVariableName(name)) continue;
    throw new TypeError(
      `Cannot compile function: a capture is named ${
        JSON.stringify(name)
      }, which no variable can be; rename it`,
    );
  }
}

/** A name that ends neither the comment nor the place in a stack. */
function sourceName(name = "function"): string {
  return name.slice(0, SOURCE_NAME_LENGTH_MAX).replace(/[^\w.$-]/g, "_");
}

/** The value of an object's only property, or its accessor. */
function onlyMember(holder: unknown): unknown {
  const object = Object(holder);
  const [key] = Reflect.ownKeys(object);
  if (key === undefined) return undefined;
  const member = Object.getOwnPropertyDescriptor(object, key);
  return member?.value ?? member?.get ?? member?.set;
}

function checkedFunction(value: unknown): CompiledFunction {
  if (isFunction(value)) return value;
  throw new TypeError(
    `Cannot call what was shipped: it is of type ${typeof value}`,
  );
}

function isFunction(value: unknown): value is CompiledFunction {
  return typeof value === "function";
}
