/**
 * ROUTER and DEALER sockets over TCP, Unix sockets and in-process streams:
 * queues, peers, reconnection.
 *
 * @module
 */
export * from "./dealer_socket.ts";
export {
  type Endpoint,
  isIpc,
  parseEndpoint,
  tcpEndpoint,
} from "./endpoint.ts";
export { createInprocNetwork } from "./inproc_network.ts";
export type * from "./network.ts";
export type * from "./peer.ts";
export * from "./router_socket.ts";
export {
  type CloseOptions,
  type CurveClientSecurity,
  type CurveServerSecurity,
  DEFAULT_HEARTBEAT,
  DEFAULT_SOCKET_LIMITS,
  FLEET_HEARTBEAT,
  type HeartbeatOptions,
  type NullSecurity,
  type SocketLimits,
  type SocketOptions,
  type SocketSecurity,
} from "./socket_options.ts";
export { systemNetwork } from "./system_network.ts";
