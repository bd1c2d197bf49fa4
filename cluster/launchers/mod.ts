/**
 * Launchers: they start engines, and some of them controllers, here or
 * elsewhere.
 *
 * @module
 */
export * from "./launcher.ts";
export * from "./local_job.ts";
export * from "./local_launcher.ts";
export * from "./process_identity.ts";
export * from "./process_job.ts";
export * from "./registry.ts";
export * from "./run_program.ts";
export * from "./shell_words.ts";
export * from "./tail_of_file.ts";
