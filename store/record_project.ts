/**
 * The wanted fields of a record.
 *
 * @module
 */
import {
  recordFrom,
  type TaskRecord,
  type TaskRecordPart,
} from "../messages/mod.ts";
import { valueOf } from "./filter_policy.ts";

/** A record with the wanted fields and its id; without keys, all of it. */
export function projectRecord(
  record: TaskRecord,
  keys: readonly string[],
): TaskRecordPart {
  if (keys.length === 0) return record;
  return recordFrom((name) => valueOf(record, name), new Set(["id", ...keys]));
}
