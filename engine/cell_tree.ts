/**
 * What the syntax tree of a cell says about names and waiting.
 *
 * @module
 */
import type {
  AnyNode,
  FunctionDeclaration,
  Node,
  Pattern,
  Statement,
} from "acorn";

/** Reads the names that a pattern binds. */
export function patternNames(
  pattern: Pattern | null,
  names: string[] = [],
): string[] {
  switch (pattern?.type) {
    case "Identifier":
      names.push(pattern.name);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        const target = property.type === "Property"
          ? property.value
          : property.argument;
        patternNames(target, names);
      }
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) patternNames(element, names);
      break;
    case "RestElement":
      patternNames(pattern.argument, names);
      break;
    case "AssignmentPattern":
      patternNames(pattern.left, names);
  }
  return names;
}

/** The statements directly inside a statement. */
export function innerStatements(node: Statement): readonly Statement[] {
  switch (node.type) {
    case "BlockStatement":
      return node.body;
    case "IfStatement":
      return node.alternate ? [node.consequent, node.alternate] : [
        node.consequent,
      ];
    case "ForStatement":
      return node.init?.type === "VariableDeclaration"
        ? [node.init, node.body]
        : [node.body];
    case "ForInStatement":
    case "ForOfStatement":
      return node.left.type === "VariableDeclaration"
        ? [node.left, node.body]
        : [node.body];
    case "WhileStatement":
    case "DoWhileStatement":
    case "LabeledStatement":
    case "WithStatement":
      return [node.body];
    case "SwitchStatement":
      return node.cases.flatMap(({ consequent }) => consequent);
    case "TryStatement":
      return [node.block, node.handler?.body, node.finalizer].filter((block) =>
        block !== undefined && block !== null
      );
    default:
      return [];
  }
}

/** The functions of a block that sloppy code also sees behind the block. */
export function blockFunctions(
  body: readonly Statement[],
): FunctionDeclaration[] {
  return body.filter((node) => node.type === "FunctionDeclaration")
    .filter(({ async, generator }) => !async && !generator);
}

/**
 * The first node in the order of the text that satisfies a test. Functions
 * and the values of class members count only when asked for: they run later.
 */
export function findNode(
  node: AnyNode,
  test: (node: AnyNode) => boolean,
  options: { readonly intoFunctions: boolean },
): AnyNode | undefined {
  if (test(node)) return node;
  for (const child of childrenOf(node, options.intoFunctions)) {
    const found = findNode(child, test, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childrenOf(node: AnyNode, intoFunctions: boolean): AnyNode[] {
  const children: AnyNode[] = [];
  if (!intoFunctions) {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "StaticBlock":
        return children;
      case "MethodDefinition":
      case "PropertyDefinition":
        return node.computed ? [node.key] : children;
    }
  }
  const values: unknown[] = Object.values(node);
  for (const value of values) {
    if (Array.isArray(value)) children.push(...value.filter(isNode));
    else if (isNode(value)) children.push(value);
  }
  return children;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value &&
    typeof value.type === "string" && "start" in value;
}

/** Whether running a node's own code waits, or needs a scope that ends. */
export function waits(node: AnyNode): boolean {
  switch (node.type) {
    case "AwaitExpression":
    case "ImportDeclaration":
      return true;
    case "ForOfStatement":
      return node.await;
    case "VariableDeclaration":
      return node.kind === "await using";
    default:
      return false;
  }
}

/** A range of the text. */
export type Range = Pick<Node, "start" | "end">;
