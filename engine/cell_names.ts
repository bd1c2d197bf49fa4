/**
 * The names that a cell leaves behind.
 *
 * @module
 */
import type { ModuleDeclaration, Statement } from "acorn";
import { blockFunctions, innerStatements, patternNames } from "./cell_tree.ts";

/** Names by how they are declared. */
export interface CellNames {
  /** Everything that stays in the namespace. */
  readonly declared: ReadonlySet<string>;
  /** Those that no function in a block may take over. */
  readonly lexical: ReadonlySet<string>;
}

/** Collects the names of the statements at the top of a cell. */
export function collectNames(
  body: readonly (Statement | ModuleDeclaration)[],
): CellNames {
  const declared = new Set<string>();
  const lexical = new Set<string>();
  for (const node of body) {
    for (const name of lexicalNames(node)) {
      declared.add(name);
      lexical.add(name);
    }
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
        break;
      case "ExportNamedDeclaration":
        if (node.declaration) collectHoisted(node.declaration, declared);
        break;
      case "ExportDefaultDeclaration":
        if (node.declaration.type === "FunctionDeclaration") {
          if (node.declaration.id) declared.add(node.declaration.id.name);
        }
        break;
      case "FunctionDeclaration":
        declared.add(node.id.name);
        break;
      default:
        collectHoisted(node, declared);
    }
  }
  return { declared, lexical };
}

function lexicalNames(node: Statement | ModuleDeclaration): readonly string[] {
  switch (node.type) {
    case "ImportDeclaration":
      return node.specifiers.map(({ local }) => local.name);
    case "ClassDeclaration":
      return [node.id.name];
    case "VariableDeclaration":
      return node.kind === "var"
        ? []
        : node.declarations.flatMap(({ id }) => patternNames(id));
    case "ExportNamedDeclaration":
      return node.declaration ? lexicalNames(node.declaration) : [];
    case "ExportDefaultDeclaration":
      return node.declaration.type === "ClassDeclaration" && node.declaration.id
        ? [node.declaration.id.name]
        : [];
    default:
      return [];
  }
}

/** Adds what sloppy code hoists to the top. */
function collectHoisted(node: Statement, names: Set<string>): void {
  switch (node.type) {
    case "FunctionDeclaration":
      // Only at the top: those in blocks come with their block.
      names.add(node.id.name);
      return;
    case "VariableDeclaration":
      if (node.kind !== "var") return;
      for (const { id } of node.declarations) {
        for (const name of patternNames(id)) names.add(name);
      }
      return;
    case "BlockStatement":
      for (const { id } of blockFunctions(node.body)) names.add(id.name);
  }
  for (const inner of innerStatements(node)) {
    if (inner.type !== "FunctionDeclaration") collectHoisted(inner, names);
  }
}
