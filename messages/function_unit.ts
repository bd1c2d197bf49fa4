/**
 * A function as it is shipped: its source, and what is known about it. The
 * hash covers all of it, so that nobody can give a function another meaning.
 *
 * @module
 */
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { ProtocolError } from "../base/mod.ts";
import {
  type Fields,
  isFields,
  map,
  text,
  TEXT_LENGTH_MAX,
  textList,
  word,
} from "./fields.ts";

/** How the source of a function reads. */
export type UnitForm = "expression" | "member";

const UNIT_FORMS: readonly UnitForm[] = ["expression", "member"];

/** A shipped function. */
export interface FunctionUnit {
  /** What `Function.prototype.toString` gave. */
  readonly source: string;
  /**
   * Whether the source is an expression or the member of an object; absent,
   * it is whichever compiles.
   */
  readonly form?: UnitForm | undefined;
  /** What stacks and errors call it; may be empty. */
  readonly name: string;
  /** Names that it needs from the engine's namespace. */
  readonly free: readonly string[];
  /** Where it is exported instead, when its source does not travel. */
  readonly module?: UnitModule | undefined;
}

/** A function by its module. */
export interface UnitModule {
  /** URL of the module. */
  readonly url: string;
  /** Name of the export. */
  readonly export: string;
}

/** Encodes a unit. */
export function encodeUnit(unit: FunctionUnit): Uint8Array {
  return encodeCbor(unit);
}

/**
 * Decodes what {@linkcode encodeUnit} made.
 *
 * @throws {ProtocolError} when it is something else.
 */
export function decodeUnit(bytes: Uint8Array): FunctionUnit {
  const fields = decodeCbor(bytes);
  if (!isFields(fields)) {
    throw new ProtocolError("Cannot read function: it is not a map");
  }
  return {
    source: text(fields, "source", TEXT_LENGTH_MAX),
    form: fields["form"] === undefined
      ? undefined
      : word(fields, "form", UNIT_FORMS),
    name: text(fields, "name"),
    free: textList(fields, "free"),
    module: fields["module"] === undefined
      ? undefined
      : unitModule(map(fields, "module")),
  };
}

function unitModule(fields: Fields): UnitModule {
  return {
    url: text(fields, "url", TEXT_LENGTH_MAX),
    export: text(fields, "export"),
  };
}
