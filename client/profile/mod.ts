/**
 * Where the files of profiles and clusters are. Apart from the client, because
 * engines and schedulers need to know no more of it.
 *
 * @module
 */
export * from "./connection_search.ts";
export * from "./profile_paths.ts";
