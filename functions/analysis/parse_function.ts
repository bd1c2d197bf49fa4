/**
 * From the source of a function to its syntax tree. The only file that needs
 * the parser.
 *
 * @module
 */
import {
  type ArrowFunctionExpression,
  type ClassExpression,
  type FunctionExpression,
  type Options,
  parse,
  type Program,
  type Property,
} from "acorn";
import {
  placeOf,
  type Refusal,
  REFUSALS,
  UnshippableFunctionError,
} from "./unshippable_function.ts";

/** A function's source, parsed. */
export type ParsedFunction =
  | ParsedExpression
  | ParsedMember;

/** A function that reads as an expression. */
export interface ParsedExpression {
  /** Which form this is. */
  readonly form: "expression";
  /** The function or class. */
  readonly node:
    | ArrowFunctionExpression
    | FunctionExpression
    | ClassExpression;
  /** Positions in the tree are this much larger than in the source. */
  readonly offset: number;
}

/** A function that reads as the member of an object literal. */
export interface ParsedMember {
  /** Which form this is. */
  readonly form: "member";
  /** The member. */
  readonly node: Property;
  /** The function in it. */
  readonly method: FunctionExpression;
  /** Positions in the tree are this much larger than in the source. */
  readonly offset: number;
}

/** A source longer than this is a module rather than a function. */
export const SOURCE_LENGTH_MAX: number = 1 << 20;

const OPTIONS: Options = {
  ecmaVersion: "latest",
  sourceType: "module",
  checkPrivateFields: false,
};

// In a derived class's constructor `super`, `super()` and `new.target` parse,
// so that they can be refused by name.
const EXPRESSION_HEAD = "(class extends a{constructor(){(";
const EXPRESSION_TAIL = "\n)}})";
const MEMBER_HEAD = "({";
const MEMBER_TAIL = "\n})";

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;
// The parser reports this as if it were a mistake in the code.
const STACK_SPENT = /^Not enough stack space/;
const PRIVATE_METHOD = /^(?:async\b|[gs]et\b|[\s*])*#/;

/**
 * Parses what `Function.prototype.toString` gave.
 *
 * @throws {UnshippableFunctionError} when it is not the source of one
 * function, or not strict code.
 */
export function parseFunction(source: string, name: string): ParsedFunction {
  if (source.length > SOURCE_LENGTH_MAX) {
    throw new UnshippableFunctionError(name, REFUSALS.long);
  }
  if (NATIVE.test(source)) {
    throw new UnshippableFunctionError(name, REFUSALS.native);
  }
  let asExpression: unknown;
  try {
    return parseExpression(source, name);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    asExpression = error;
  }
  try {
    return parseMember(source, name);
  } catch (asMember) {
    if (!(asMember instanceof SyntaxError)) throw asMember;
    throw syntaxRefusal(source, name, asExpression, asMember);
  }
}

function parseExpression(source: string, name: string): ParsedExpression {
  const text = `${EXPRESSION_HEAD}${source}${EXPRESSION_TAIL}`;
  const node = innerExpression(parse(text, OPTIONS));
  switch (node?.type) {
    case "ArrowFunctionExpression":
    case "FunctionExpression":
    case "ClassExpression":
      return { form: "expression", node, offset: EXPRESSION_HEAD.length };
    default:
      throw new UnshippableFunctionError(name, REFUSALS.notOne);
  }
}

type Statement = Program["body"][number];
type Expression = Extract<
  Statement,
  { type: "ExpressionStatement" }
>["expression"];

function innerExpression(program: Program): Expression | undefined {
  const wrapper = onlyExpression(program.body);
  if (wrapper?.type !== "ClassExpression") return undefined;
  const [member, ...others] = wrapper.body.body;
  if (member?.type !== "MethodDefinition" || others.length > 0) {
    return undefined;
  }
  return onlyExpression(member.value.body.body);
}

function onlyExpression(
  statements: readonly Statement[],
): Expression | undefined {
  const [statement, ...others] = statements;
  return statement?.type === "ExpressionStatement" && others.length === 0
    ? statement.expression
    : undefined;
}

function parseMember(source: string, name: string): ParsedMember {
  const text = `${MEMBER_HEAD}${source}${MEMBER_TAIL}`;
  const holder = onlyExpression(parse(text, OPTIONS).body);
  const properties = holder?.type === "ObjectExpression"
    ? holder.properties
    : [];
  const [node, ...others] = properties;
  if (
    node?.type !== "Property" || others.length > 0 ||
    node.value.type !== "FunctionExpression" ||
    (node.kind === "init" && !node.method)
  ) throw new UnshippableFunctionError(name, REFUSALS.notOne);
  const offset = MEMBER_HEAD.length;
  return { form: "member", node, method: node.value, offset };
}

/** What neither form could parse, by the attempt that got further. */
function syntaxRefusal(
  source: string,
  name: string,
  asExpression: unknown,
  asMember: unknown,
): UnshippableFunctionError {
  if (PRIVATE_METHOD.test(source)) {
    const place = placeOf(source, source.indexOf("#"));
    return new UnshippableFunctionError(name, REFUSALS.privateName, place);
  }
  const expressionIndex = indexOf(asExpression) - EXPRESSION_HEAD.length;
  const memberIndex = indexOf(asMember) - MEMBER_HEAD.length;
  const [error, index] = memberIndex > expressionIndex
    ? [asMember, memberIndex]
    : [asExpression, expressionIndex];
  const said = error instanceof Error ? error.message : String(error);
  if (STACK_SPENT.test(said)) {
    return new UnshippableFunctionError(name, REFUSALS.deep);
  }
  const refusal: Refusal = {
    // The parser ends its messages with a place in the wrapped text.
    reason: `it is not strict code (${said.replace(/ \(\d+:\d+\)$/, "")})`,
    remedy: "write it as code of a module",
  };
  return new UnshippableFunctionError(name, refusal, placeOf(source, index));
}

function indexOf(error: unknown): number {
  return error instanceof Error && "pos" in error &&
      typeof error.pos === "number"
    ? error.pos
    : 0;
}
