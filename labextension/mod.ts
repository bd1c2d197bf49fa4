/**
 * The panel for JupyterLab: what it asks, and how a kernel answers. The page's
 * own door is `remote_entry.ts`.
 *
 * @module
 */
export * from "./kernel_answer.ts";
