/**
 * The server object that hooks and handlers get, and the handler itself.
 *
 * @module
 */

import type { Address } from "./address.ts";
import type { Connection } from "./connection/connection.ts";
import type { Config, OwnOptions, PartialConfig } from "./config/options.ts";
import type { Awaitable, Hooks } from "./hooks.ts";
import type { MuxFactory } from "./multiplex/mux.ts";

/**
 * The role of the current process. A personality without children (Single, Multiplex) has one process. It is the
 * `parent` and serves the clients too. It calls the hooks of both, except those about children.
 */
export type Role = "parent" | "child" | "dequeue";

/** The server, as a hook or a handler sees it in the current process. */
export interface Server<Own extends OwnOptions = OwnOptions> {
  /** The role of the current process. */
  readonly role: Role;
  /** The personality's name, such as `PreForkSimple`. */
  readonly personality: string;
  /**
   * The effective options. Frozen before `postConfigure` runs, which cannot change them as a `post_configure_hook`
   * may. To set options in your program, use `defaults` or the call of `run`.
   */
  readonly config: Config<Own>;
  /** The PID of the current process. */
  readonly pid: number;
  /** The PID of the parent. */
  readonly parentPid: number;
  /** The addresses that the server listens on, in the order of the configuration. Empty before `postBind`. */
  readonly listeners: readonly Address[];
  /** The number of connections that this process has accepted. 0 in a parent with children. */
  readonly requests: number;
  /** The PIDs of the parent's children. Empty in a child. */
  readonly children: readonly number[];
  /**
   * Writes a line to the log if `level` is at most `log_level` (0 error, 1 warning, 2 notice, 3 info,
   * 4 debug).
   */
  log(level: number, message: string): void;
  /**
   * With `true`, this child exits after the current connection (`done`). A server without children stops then.
   *
   * @returns Whether the process is to exit.
   */
  done(value?: boolean): boolean;
  /**
   * In a child, sends a message to the parent, whose hook `childIsTalking` gets it. Messages arrive whole and in order.
   * The limit is 65,536 bytes. Text is sent as UTF-8. The promise stays pending while the queue is full. Needs
   * `child_communication`, where Net::Server's children have `parent_sock`.
   *
   * @throws {TineError} without `child_communication`, if the message is too long, or once the parent has gone
   */
  tellParent(message: string | Uint8Array): Promise<void>;
  /**
   * Stops the whole server (`server_close`). In a child it asks the parent to stop, unless `no_close_by_child` is set,
   * and exits.
   */
  serverClose(exitCode?: number): Promise<never>;
}

/** Serves one client. The connection is closed when it returns. */
export type ProcessRequest<Own extends OwnOptions = OwnOptions> = (
  connection: Connection,
  server: Server<Own>,
) => Awaitable<void>;

/** What a handler's `fetch` is told beside the request. Has what `Deno.ServeHandlerInfo` has. */
export interface FetchInfo<Own extends OwnOptions = OwnOptions> {
  /** The client's address. */
  readonly remoteAddr: Address;
  /** The address that the client connected to. */
  readonly localAddr: Address;
  /** The server, as hooks see it: its options, and its log. */
  readonly server: Server<Own>;
  /** What is known of the connection's TLS. Always undefined today. */
  readonly tls: undefined;
  /** Resolved when the answer was sent to its end. Rejected if the connection broke before. */
  readonly completed: Promise<void>;
  /**
   * Takes over the connection for another protocol, if the client asked for one (RFC 9110 §7.8). What was read ahead is
   * still to be read from it. The handler answers for itself, with the status line `HTTP/1.1 101 Switching Protocols`, and
   * what `fetch` returns is not used. The connection is served until it is closed.
   *
   * @throws {UsageError} if the client asked for no other protocol, or after the answer has begun
   */
  upgrade(): Connection;
}

/** What a handler module exports by default, or what {@linkcode run} is given: the work and its hooks. */
export interface Handler<Own extends OwnOptions = OwnOptions> {
  /** Serves one client. Without it, Net::Server's echo does. */
  processRequest?(connection: Connection, server: Server<Own>): Awaitable<void>;
  /**
   * Answers one HTTP request. With it, the server speaks HTTP, as `deno serve`, Bun and many frameworks have it. If it
   * throws, the client gets the status 500 and no reason. The log gets the reason.
   */
  fetch?(request: Request, info: FetchInfo<Own>): Awaitable<Response>;
  /** Answers in place of the 500 when `fetch` has thrown. The error is not logged then. Without a result, the 500 goes out. */
  error?(error: unknown): Awaitable<Response | undefined>;
  /** Makes the object that serves one client, for the personality Multiplex, which needs it. */
  readonly mux?: MuxFactory;
  /** The hooks. */
  readonly hooks?: Hooks<Own>;
  /**
   * Receives every log line in every process, instead of `log_file`, syslog and the hook `writeToLog` (Net::Server's
   * `log_function`). Not awaited. Lines are not escaped: they may hold any bytes that a client sent. If it throws, the
   * line goes to `log_file` or stderr.
   */
  readonly logFunction?: (level: number, message: string) => void;
  /** The program's own options, read from the same sources as Tine's (Net::Server's `options` method). */
  readonly options?: Own;
  /** Values that apply where no other source gives one (Net::Server's `default_values`). */
  readonly defaults?: PartialConfig;
}
