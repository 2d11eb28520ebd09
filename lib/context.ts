/**
 * What hooks and handlers are given: the server as seen from the process that they run in.
 *
 * @module
 */

import type { Address } from "./address.ts";
import type { Connection } from "./connection/connection.ts";
import type { Config, OwnOptions, PartialConfig } from "./config/options.ts";
import type { Awaitable, Hooks } from "./hooks.ts";
import type { MuxFactory } from "./multiplex/mux.ts";

/**
 * Which part this process plays. A personality without children (Single, Multiplex) has one process, which is the
 * `parent` and serves the clients too: the hooks of both are called in it, those about children apart.
 */
export type Role = "parent" | "child" | "dequeue";

/** The server, as a hook or a handler sees it in its own process. */
export interface Server {
  /** Which part this process plays. */
  readonly role: Role;
  /** The personality's name, such as `PreForkSimple`. */
  readonly personality: string;
  /**
   * The options in force. Frozen: `postConfigure` sees them as they are, and does not change them as a
   * `post_configure_hook` may. What a program wants to set itself belongs into `defaults` or into the call of `run`.
   */
  readonly config: Config;
  /** This process. */
  readonly pid: number;
  /** The parent's process id; in the parent, its own. */
  readonly parentPid: number;
  /** What is listened on, in the order of the configuration. Empty before `postBind`. */
  readonly listeners: readonly Address[];
  /** How many clients this process has accepted: 0 in a parent whose children serve them. */
  readonly requests: number;
  /** The parent's children: their process ids. Empty in a child. */
  readonly children: readonly number[];
  /**
   * Writes a line to the log if `level` is at most `log_level` (0 error, 1 warning, 2 notice, 3 info,
   * 4 debug).
   */
  log(level: number, message: string): void;
  /**
   * With `true`, this child leaves after the present client (`done`); a server without children ends. Says whether
   * it is to leave.
   */
  done(value?: boolean): boolean;
  /**
   * In a child, sends a message to the parent, whose hook `childIsTalking` gets it: whole, in order, and of 65,536 bytes
   * at most; text is sent as UTF-8. It waits while too much that the parent has not heard is on its way. Only with
   * `child_communication`, where Net::Server's children have `parent_sock`.
   *
   * @throws {TineError} without `child_communication`, if the message is too long, or once the parent has gone
   */
  tellParent(message: string | Uint8Array): Promise<void>;
  /**
   * Closes the whole server (`server_close`). In a child it tells the parent, unless `no_close_by_child` is set,
   * and ends the child.
   */
  serverClose(exitCode?: number): Promise<never>;
}

/** Serves one client. The connection is closed when it returns. */
export type ProcessRequest = (connection: Connection, server: Server) => Awaitable<void>;

/** What a handler module exports by default, or what {@linkcode run} is given: the work and its hooks. */
export interface Handler {
  /** Serves one client. Without it, Net::Server's echo does. */
  readonly processRequest?: ProcessRequest;
  /** Makes the object that serves one of many clients, for the personality Multiplex, which needs it. */
  readonly mux?: MuxFactory;
  /** The hooks. */
  readonly hooks?: Hooks;
  /**
   * Takes each line of the log, as it was logged, in every process and in place of `log_file`, syslog and the hook
   * `writeToLog` (Net::Server's `log_function`). Not awaited. What is not printable in a line is still in it: a client
   * may have said it. If it throws, the line goes to `log_file` or stderr.
   */
  readonly logFunction?: (level: number, message: string) => void;
  /** The program's own options, read from the same sources as Tine's (Net::Server's `options` method). */
  readonly options?: OwnOptions;
  /** Values that apply where no other source gives one (Net::Server's `default_values`). */
  readonly defaults?: PartialConfig;
}
