/**
 * Keys, CURVE, who may do what, and the files that carry the keys.
 *
 * @module
 */
export * from "./allowed_keys_file.ts";
export * from "./authorizer.ts";
export * from "./connection_file.ts";
export {
  type PrivateFile,
  readPrivateFile,
  removePrivateFile,
  removeUnfinishedWrites,
  writePrivateFile,
} from "./private_file.ts";
export * from "./connection_info.ts";
export * from "./crypto.ts";
export * from "./crypto_loader.ts";
export * from "./curve.ts";
export * from "./curve_client.ts";
export * from "./curve_server.ts";
export * from "./key_pair.ts";
export * from "./z85.ts";
