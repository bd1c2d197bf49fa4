/**
 * Edits the statements of a cell so that their names become global.
 *
 * @module
 */
import type {
  BlockStatement,
  ExportDefaultDeclaration,
  ExportNamedDeclaration,
  ImportDeclaration,
  ModuleDeclaration,
  Statement,
  VariableDeclaration,
} from "acorn";
import { CellEdits } from "./cell_edits.ts";
import type { CellNames } from "./cell_names.ts";
import { type ImportWriting, writeImport } from "./cell_import.ts";
import { blockFunctions, innerStatements, type Range } from "./cell_tree.ts";

/** What a cell consists of. */
export type CellStatement = Statement | ModuleDeclaration;

/** What a writer has to know of its cell. */
export interface CellWriterOptions extends ImportWriting {
  /** The cell's names. */
  readonly names: CellNames;
  /** Whether the code will stand inside an asynchronous function. */
  readonly isAsync: boolean;
}

/** Edits one cell. */
export class CellWriter {
  /** Functions at the top of an asynchronous cell, taken out of it. */
  readonly functions: Range[] = [];
  readonly #options: CellWriterOptions;
  readonly #edits: CellEdits;

  /** Starts with the unchanged text. */
  constructor(options: CellWriterOptions) {
    this.#options = options;
    this.#edits = new CellEdits(options.text, options.shift);
  }

  /** The text with what has been written. */
  get code(): string {
    return this.#edits.apply();
  }

  /** Writes a statement; the value of the last may be the cell's. */
  write(node: CellStatement, isValue: boolean): void {
    switch (node.type) {
      case "ImportDeclaration":
        return this.#writeImport(node);
      case "ExportNamedDeclaration":
        return this.#writeExport(node);
      case "ExportDefaultDeclaration":
        return this.#writeDefault(node, isValue);
      case "ExportAllDeclaration":
        return;
      case "ExpressionStatement":
        if (node.directive === "use strict") {
          // Strict code would keep its variables to itself.
          this.#edits.replace(node.start, node.end, ";");
        } else if (isValue && this.#options.isAsync) {
          this.#edits.insert(node.start, "return(");
          this.#close(node, ")");
        }
        return;
      default:
        this.#writeDeclaration(node);
    }
  }

  #writeDeclaration(node: Statement): void {
    const { isAsync } = this.#options;
    switch (node.type) {
      case "VariableDeclaration":
        return isAsync ? this.#assign(node) : this.#makeVar(node);
      case "ClassDeclaration":
        return this.#writeClass(node, node.id.name);
      case "FunctionDeclaration":
        return isAsync ? this.#takeOut(node) : undefined;
      default:
        this.#writeInner(node);
    }
  }

  /** Functions are hoisted, which they only are in a script of their own. */
  #takeOut(node: Range): void {
    this.functions.push(node);
    this.#edits.replace(node.start, node.end, ";");
  }

  #writeClass(node: Range, name: string): void {
    const start = this.#options.isAsync ? `${name}=` : `var ${name}=`;
    this.#edits.insert(node.start, start);
    this.#edits.insert(node.end, ";");
  }

  #makeVar(node: VariableDeclaration): void {
    if (node.kind === "var") return;
    this.#edits.replace(node.start, node.start + node.kind.length, "var");
    if (node.kind !== "let") return;
    this.#clearUninitialized(node);
    // The value that was added could go on in the next line.
    this.#close(node, "");
  }

  /**
   * Makes a declaration an expression. The `!` in front keeps the line above
   * from calling it.
   */
  #assign(node: VariableDeclaration): void {
    if (node.kind === "using" || node.kind === "await using") {
      for (const { id } of node.declarations) {
        this.#edits.insert(
          id.end,
          `=this.${this.#edits.slice(id.start, id.end)}`,
        );
      }
      return;
    }
    this.#edits.replace(node.start, node.start + node.kind.length, "!(");
    if (node.kind === "let") this.#clearUninitialized(node);
    this.#close(node, ")");
  }

  #clearUninitialized(node: VariableDeclaration): void {
    for (const { init, end } of node.declarations) {
      if (!init) this.#edits.insert(end, "=void 0");
    }
  }

  /** Adds text in front of a statement's semicolon, which may be missing. */
  #close(node: Range, text: string): void {
    const hasSemicolon = this.#edits.slice(node.end - 1, node.end) === ";";
    if (hasSemicolon) this.#edits.insert(node.end - 1, text);
    else this.#edits.insert(node.end, `${text};`);
  }

  #writeInner(node: Statement): void {
    if (node.type === "BlockStatement") this.#writeBlock(node);
    for (const inner of innerStatements(node)) {
      if (inner.type !== "VariableDeclaration") {
        this.#writeInner(inner);
      } else if (inner.kind === "var" && this.#options.isAsync) {
        if (isHead(node)) this.#dropVar(inner);
        else this.#assign(inner);
      }
    }
  }

  #dropVar(node: VariableDeclaration): void {
    this.#edits.replace(node.start, node.start + node.kind.length, "");
  }

  /** Functions of a block are global behind it, unless that name is taken. */
  #writeBlock(node: BlockStatement): void {
    const names = blockFunctions(node.body).map(({ id }) => id.name);
    const { lexical } = this.#options.names;
    const taken = names.filter((name) => lexical.has(name));
    if (taken.length > 0) {
      // A block around the block that has the names keeps them from leaving.
      this.#edits.insert(node.start + 1, "{");
      this.#edits.insert(node.end - 1, `}let ${taken.join()};`);
    }
    if (!this.#options.isAsync) return;
    for (const name of names) {
      if (!lexical.has(name)) {
        this.#edits.insert(node.start + 1, `this.${name}=${name};`);
      }
    }
  }

  #writeImport(node: ImportDeclaration): void {
    this.#edits.replace(node.start, node.end, writeImport(node, this.#options));
  }

  #writeExport(node: ExportNamedDeclaration): void {
    const { declaration } = node;
    if (!declaration) return this.#edits.replace(node.start, node.end, ";");
    this.#edits.replace(node.start, declaration.start, ";");
    this.#writeDeclaration(declaration);
  }

  #writeDefault(node: ExportDefaultDeclaration, isValue: boolean): void {
    const { declaration } = node;
    const text = this.#edits.slice(node.start, node.end);
    const end = node.start + text.indexOf("default") + "default".length;
    switch (declaration.type) {
      case "FunctionDeclaration":
      case "ClassDeclaration":
        if (!declaration.id) break;
        this.#edits.replace(node.start, end, ";");
        if (declaration.type === "ClassDeclaration") {
          return this.#writeClass(declaration, declaration.id.name);
        }
        return this.#options.isAsync ? this.#takeOut(declaration) : undefined;
    }
    const isReturned = isValue && this.#options.isAsync;
    this.#edits.replace(node.start, end, isReturned ? ";return(" : ";(");
    this.#close(node, ")");
  }
}

/** Whether a variable directly inside belongs to the head of a loop. */
function isHead(node: Statement): boolean {
  switch (node.type) {
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
      return true;
    default:
      return false;
  }
}
