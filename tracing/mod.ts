/**
 * Spans of the tasks of a cluster, by the OpenTelemetry interface.
 *
 * @module
 */
export * from "./tracing.ts";
