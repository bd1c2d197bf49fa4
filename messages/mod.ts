/**
 * What the processes say to one another: typed messages, their codec, and
 * the values they carry. Pure: nothing here does I/O.
 *
 * @module
 */
export * from "./alike_tasks.ts";
export * from "./audit.ts";
export * from "./audit_tally.ts";
export * from "./cbor.ts";
export {
  type ClassCodec,
  CLASSES_MAX,
  type ClassOf,
  registerClass,
} from "./class_registry.ts";
export * from "./begun.ts";
export * from "./channel.ts";
export * from "./cluster_figures.ts";
export * from "./control.ts";
export * from "./display.ts";
export * from "./drain.ts";
export * from "./envelope.ts";
export * from "./function_unit.ts";
export * from "./heartbeat.ts";
export * from "./leaf.ts";
export * from "./observation.ts";
export * from "./observation_block.ts";
export * from "./observation_reader.ts";
export * from "./limit_counts.ts";
export * from "./outbox.ts";
export * from "./output.ts";
export * from "./records.ts";
export * from "./registration.ts";
export * from "./remote_error.ts";
export * from "./roles.ts";
export { EnvelopeRooms } from "./room.ts";
export * from "./session.ts";
export * from "./slot.ts";
export * from "./task.ts";
export * from "./task_event.ts";
export * from "./task_permissions.ts";
export * from "./task_record.ts";
export * from "./task_terms.ts";
export { lostOutcome, unrunOutcome } from "./unrun_outcomes.ts";
export { isTransfer, TRANSFER_BYTES_MAX } from "./transfer.ts";
export {
  TransferReader,
  type TransferReaderOptions,
} from "./transfer_reader.ts";
export * from "./value.ts";
export * from "./work.ts";
