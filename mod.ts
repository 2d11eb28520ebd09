/**
 * Tine: a pre-forking server kit for Deno and Bun.
 *
 * A parent binds the ports and keeps `max_servers` children alive; each child accepts clients from the same
 * listening socket, one at a time, and is replaced after `max_requests` of them.
 *
 * @example A minimal server
 * ```ts ignore
 * import { run } from "tine";
 *
 * run({
 *   async processRequest(connection, server) {
 *     await connection.print(`Hello from child ${server.pid}\r\n`);
 *   },
 * }, { port: "127.0.0.1:20203", maxServers: 8 });
 * ```
 *
 * @module
 */

export { run, type RunOptions } from "./lib/program/run.ts";
export { defineHandler } from "./lib/define_handler.ts";
export {
  serve,
  type ServeOptions,
  type ServerEnd,
  type ServerHandle,
  type StopOptions,
} from "./lib/program/serve.ts";
export type {
  ChildCounts,
  ChildStatus,
  Deaths,
  ListenerStatus,
  MemoryKind,
  ServerStatus,
  ServerTotals,
} from "./lib/daemon/server_status.ts";
export type { Address } from "./lib/address.ts";
export type { FetchInfo, Handler, ProcessRequest, Role, Server } from "./lib/context.ts";
export type { Awaitable, ChildKind, Hooks } from "./lib/hooks.ts";
export type { ChildMessage } from "./lib/child_message.ts";
export type { Connection } from "./lib/connection/connection.ts";
export type { ReceivedDatagram } from "./lib/connection/datagram.ts";
export type { LinesOptions, ReadOptions } from "./lib/connection/options.ts";
export type { Mux, MuxClient, MuxConnection, MuxFactory } from "./lib/multiplex/mux.ts";
export type { MuxInput } from "./lib/multiplex/mux_input.ts";
export type {
  Config,
  Kind,
  OwnOption,
  OwnOptions,
  OwnValue,
  OwnValues,
  PartialConfig,
  PortEntry,
  PortTable,
} from "./lib/config/options.ts";
export type { PersonalityName } from "./lib/personality/personality.ts";
export {
  BindError,
  ConfigError,
  ConnectionError,
  type Place,
  PrivilegeError,
  SpawnError,
  SystemError,
  TineError,
  UsageError,
} from "./lib/errors.ts";
