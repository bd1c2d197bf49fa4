/**
 * The web page that shows a cluster: engines, queues, tasks and logs.
 *
 * @module
 */
export * from "./dashboard.ts";
export * from "./dashboard_source.ts";
