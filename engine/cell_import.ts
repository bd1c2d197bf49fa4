/**
 * Static imports of cells, which run as dynamic ones.
 *
 * @module
 */
import type { ImportAttribute, ImportDeclaration, Literal } from "acorn";
import { placeOf } from "./cell_syntax_error.ts";

/** What the writing of imports has to know of its cell. */
export interface ImportWriting {
  /** The JavaScript of the cell. */
  readonly text: string;
  /** How much larger the positions in the tree are than those in the text. */
  readonly shift: number;
  /** The name of the function that imports for the cell. */
  readonly importName: string;
  /** Whether an import that is not there may have been a type. */
  readonly mayImportTypes: boolean;
}

/** Writes an import as a call of the function that imports for cells. */
export function writeImport(
  node: ImportDeclaration,
  options: ImportWriting,
): string {
  const properties: string[] = [];
  const required: string[] = [];
  let whole = "";
  for (const specifier of node.specifiers) {
    const local = specifier.local.name;
    if (specifier.type === "ImportNamespaceSpecifier") {
      whole = `${local}=`;
      continue;
    }
    const imported = specifier.type === "ImportSpecifier"
      ? nameOf(specifier.imported)
      : "default";
    properties.push(`${JSON.stringify(imported)}:${local}`);
    if (!options.mayImportTypes || isUsed(local, node, options)) {
      required.push(imported);
    }
  }
  const { line } = placeOf(options.text, node.start - options.shift);
  const { importName } = options;
  const call = `await ${importName}(${literal(node.source)},${line},${
    JSON.stringify(required)
  }${writeAttributes(node.attributes)})`;
  const pattern = properties.length > 0 ? `{${properties.join()}}=` : "";
  return `!(${pattern}${whole}${call});`;
}

function writeAttributes(attributes: readonly ImportAttribute[]): string {
  if (attributes.length === 0) return "";
  const pairs = attributes.map(({ key, value }) =>
    `${JSON.stringify(nameOf(key))}:${literal(value)}`
  );
  return `,{with:{${pairs.join()}}}`;
}

function nameOf(
  node: { type: string; name?: string; value?: unknown },
): string {
  return node.name ?? `${node.value}`;
}

function literal(node: Literal): string {
  return JSON.stringify(`${node.value}`);
}

/** Whether the text says a name outside of its import. */
function isUsed(
  name: string,
  node: ImportDeclaration,
  { text, shift }: ImportWriting,
): boolean {
  const rest = text.slice(0, node.start - shift) + ";" +
    text.slice(node.end - shift);
  const edge = "[\\p{ID_Continue}$]";
  const word = name.replaceAll("$", "\\$");
  return new RegExp(`(?<!${edge})${word}(?!${edge})`, "u").test(rest);
}
