/**
 * Processes on this machine, and how ippd starts itself in each role. Apart
 * from clusters, because engines and schedulers need to know no more of them.
 *
 * @module
 */
export * from "./allocator_environment.ts";
export * from "./announcement.ts";
export * from "./built_programs.ts";
export * from "./local_process.ts";
export * from "./log_file.ts";
export * from "./mpi_rank.ts";
export * from "./output_tail.ts";
export * from "./self_command.ts";
