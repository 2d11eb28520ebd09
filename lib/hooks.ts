/**
 * Every hook: its name, the process that calls it, and what its result means. The order in which they stand
 * here is the order of a server's life, as `perldoc Net::Server` lists it under PROCESS FLOW and HOOKS.
 *
 * @module
 */

import type { ChildMessage } from "./child_message.ts";
import type { OwnOptions } from "./config/options.ts";
import type { Connection } from "./connection/connection.ts";
import type { Server } from "./context.ts";

/** Which kind of child a hook is called for: one that serves clients, or a dequeue process. */
export type ChildKind = "server" | "dequeue";

/** A hook's result may be awaited. */
export type Awaitable<T> = T | Promise<T>;

/**
 * The hooks of a server, all optional. Each is Net::Server's `<name>_hook` in camelCase.
 *
 * A hook that throws in the parent ends the server (status 1); one that throws in a child ends that child, which
 * is replaced. Both are logged with the hook's name first. (`writeToLog` ends nothing.)
 */
export interface Hooks<Own extends OwnOptions = OwnOptions> {
  /** Parent, before options are read. Set defaults here (`configure_hook`). */
  configure?(server: Server<Own>): Awaitable<void>;
  /** Parent, after options are read and checked, before anything is bound (`post_configure_hook`). */
  postConfigure?(server: Server<Own>): Awaitable<void>;
  /** Parent, after all ports are bound and before privileges are dropped (`post_bind_hook`). */
  postBind?(server: Server<Own>): Awaitable<void>;
  /** Parent, right before the loop begins (`pre_loop_hook`). */
  preLoop?(server: Server<Own>): Awaitable<void>;
  /** Parent, before a group of children is started (`run_n_children_hook`). */
  runNChildren?(server: Server<Own>): Awaitable<void>;
  /** Parent, before each child is started (`pre_fork_hook`). */
  preFork?(server: Server<Own>, kind: ChildKind): Awaitable<void>;
  /** Child, once, before its first client (`child_init_hook`). */
  childInit?(server: Server<Own>, kind: ChildKind): Awaitable<void>;
  /** Child, after a client was accepted and its addresses are known (`post_accept_hook`). */
  postAccept?(server: Server<Own>, connection: Connection): Awaitable<void>;
  /** Child: a falsy result denies the client (`allow_deny_hook`). */
  allowDeny?(server: Server<Own>, connection: Connection): Awaitable<boolean>;
  /** Child, in place of the handler, for a client that was denied (`request_denied_hook`). */
  requestDenied?(server: Server<Own>, connection: Connection): Awaitable<void>;
  /** Child, after the handler or `requestDenied`, before the connection is closed (`post_process_request_hook`). */
  postProcessRequest?(server: Server<Own>, allowed: boolean): Awaitable<void>;
  /** Child, after the connection was closed (`post_client_connection_hook`). */
  postClientConnection?(server: Server<Own>): Awaitable<void>;
  /** Child, once, before it exits (`child_finish_hook`). */
  childFinish?(server: Server<Own>, kind: ChildKind): Awaitable<void>;
  /** Dequeue child: the work itself (`dequeue`, started by `run_dequeue`). */
  runDequeue?(server: Server<Own>): Awaitable<void>;
  /** Parent, for each message that a child sent with `tellParent` (`child_is_talking_hook`). */
  childIsTalking?(server: Server<Own>, message: ChildMessage): Awaitable<void>;
  /**
   * Parent, after a child exited unexpectedly: by a signal, with an error status, or found dead. Clean up after it here
   * (`cleanup_dead_child_hook`).
   */
  cleanupDeadChild?(server: Server<Own>, pid: number): Awaitable<void>;
  /** Parent, at each turn of its loop: whenever something happened, and at least every 10 seconds (`idle_loop_hook`). */
  idleLoop?(server: Server<Own>): Awaitable<void>;
  /** Parent, when a child process exits that Tine did not start (`other_child_died_hook`). */
  otherChildDied?(server: Server<Own>, pid: number): Awaitable<void>;
  /** Parent, when the server begins to stop (`pre_server_close_hook`). */
  preServerClose?(server: Server<Own>): Awaitable<void>;
  /** Parent, after all children have exited. Not on HUP, since children outlive it (`post_child_cleanup_hook`). */
  postChildCleanup?(server: Server<Own>): Awaitable<void>;
  /** Parent, after a reload, before it takes over the inherited sockets (`restart_open_hook`). */
  restartOpen?(server: Server<Own>): Awaitable<void>;
  /** Parent, right before it re-executes itself for a reload (`restart_close_hook`). */
  restartClose?(server: Server<Own>): Awaitable<void>;
  /**
   * Any process: takes each line of the log in place of the file or stderr (`write_to_log_hook`). Not awaited. If it
   * throws, the line goes there, together with the error.
   */
  writeToLog?(server: Server<Own>, level: number, message: string): void;
  /** Any process, when it is about to exit because of `error` (`fatal_hook`). */
  fatal?(server: Server<Own>, error: Error): Awaitable<void>;
}

/** The hooks' names in the order of a server's life. */
export const HOOK_NAMES: readonly (keyof Hooks)[] = [
  "configure",
  "postConfigure",
  "restartOpen",
  "postBind",
  "preLoop",
  "runNChildren",
  "preFork",
  "childInit",
  "postAccept",
  "allowDeny",
  "requestDenied",
  "postProcessRequest",
  "postClientConnection",
  "childFinish",
  "runDequeue",
  "childIsTalking",
  "cleanupDeadChild",
  "idleLoop",
  "otherChildDied",
  "preServerClose",
  "postChildCleanup",
  "restartClose",
  "writeToLog",
  "fatal",
];
