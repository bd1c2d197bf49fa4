/**
 * The JSON schema of `ippd.json`, made from the options themselves.
 *
 * @module
 */
import type { Command, Option } from "commander";
import { configurable } from "./configuration.ts";

/** A JSON schema, draft 2020-12. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The schema for the options of these subcommands. */
export function configurationSchema(commands: readonly Command[]): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "ippd.json",
    description:
      "Options of the subcommands of ippd, below the environment and the flags.",
    type: "object",
    properties: {
      $schema: { type: "string" },
      ...Object.fromEntries(commands.map((c) => [c.name(), sectionSchema(c)])),
    },
    additionalProperties: false,
  };
}

function sectionSchema(command: Command): JsonSchema {
  const options = configurable(command)
    .map((option) => [option.attributeName(), optionSchema(option)] as const);
  const below = command.commands
    .map((inner) => [inner.name(), sectionSchema(inner)] as const);
  return {
    description: command.description(),
    type: "object",
    properties: Object.fromEntries([...options, ...below]),
    additionalProperties: false,
  };
}

function optionSchema(option: Option): JsonSchema {
  const { description, argChoices, defaultValue } = option;
  const isPlain = ["string", "number", "boolean"].includes(typeof defaultValue);
  return {
    description,
    ...typeOf(option),
    ...(argChoices === undefined ? {} : { enum: argChoices }),
    ...(isPlain && argChoices === undefined ? { default: defaultValue } : {}),
  };
}

function typeOf(option: Option): JsonSchema {
  if (option.isBoolean()) return { type: "boolean" };
  if (option.argChoices !== undefined) return { type: "string" };
  const types = ["string", "number", "array", "object"];
  return { type: option.optional ? ["boolean", ...types] : types };
}
