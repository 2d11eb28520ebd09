/**
 * A server for the program that calls, which goes on with its own work: the server is a process of its own.
 *
 * @module
 */

import type { Address } from "../address.ts";
import type { PartialConfig } from "../config/options.ts";

/** How {@linkcode serve} is to be called. */
export interface ServeOptions {
  /** Stops the server when it is aborted. A start that it ends is rejected with its reason. */
  readonly signal?: AbortSignal;
  /** Called for each address, when the server listens and serves. `Deno.serve` has one of that name. */
  readonly onListen?: (address: Address) => void;
}

/** How a server has ended. */
export interface ServerEnd {
  /** Its exit status (sysexits.h): 0 after a stop. Null if a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, such as `SIGKILL`. Null if none did. */
  readonly signal: string | null;
}

/** How a server is to be stopped. */
export interface StopOptions {
  /** Whether clients are finished first, however long they take (QUIT). @default false (TERM) */
  readonly graceful?: boolean;
}

/** A child, as {@linkcode ServerHandle.status} shows it. */
export interface ChildView {
  /** Its process id. */
  readonly pid: number;
  /**
   * `starting`; `standby`: it waits for its turn; `waiting`: for a client; `serving`; `leaving`; `dequeue`: it runs that hook;
   * `unknown`: not told.
   */
  readonly state: "free" | "starting" | "standby" | "waiting" | "serving" | "leaving" | "dequeue" | "unknown";
  /** The number of clients that it has accepted. */
  readonly requests: number | undefined;
  /** When it was started, in milliseconds since 1970. */
  readonly startedMs: number | undefined;
  /** When its state last changed, in milliseconds since 1970. */
  readonly changedMs: number | undefined;
}

/** What a server does, as {@linkcode ServerHandle.status} shows it. */
export interface ServerView {
  /** The process id of the parent. */
  readonly pid: number;
  /** The personality's name, such as `PreForkSimple`. */
  readonly personality: string;
  /** When it was first started, in milliseconds since 1970. */
  readonly startedMs: number;
  /** When the configuration in force was read, in milliseconds since 1970. */
  readonly configuredMs: number;
  /** How many children there are to be, in words. */
  readonly how: string;
  /** How many reloads there were. */
  readonly reloads: number;
  /** How many were refused. */
  readonly reloadsRefused: number;
  /** Why the last one was; undefined if it was not. */
  readonly reloadError: string | undefined;
  /** Its children. */
  readonly children: readonly ChildView[];
}

/** A server that {@linkcode serve} has started. */
export interface ServerHandle extends AsyncDisposable {
  /** Where it listened when it had started, in the order of the configuration. A port of 0 is the real one here. */
  readonly addresses: readonly Address[];
  /** The process id of its parent, which the signals are for. */
  readonly pid: number;
  /** Resolved when it has ended, however that came. It is never rejected. */
  readonly finished: Promise<ServerEnd>;
  /**
   * What it and its children do.
   *
   * @throws {TineError} if it has ended, or the system does not show it to this user
   */
  status(): ServerView;
  /**
   * Makes it load its handler and its configuration file again, and waits for the result (HUP).
   *
   * @throws {ConfigError} if it goes on with its present ones
   * @throws {TineError} if it has ended
   */
  reload(): Promise<void>;
  /**
   * Adds children, or removes them (TTIN, TTOU), until the next reload.
   *
   * @param change How many more; below 0, how many fewer.
   * @throws {TineError} if it refuses, or has ended
   */
  scale(change: number): Promise<void>;
  /** Stops it, and waits for its end. Once it has ended, this does nothing. */
  stop(options?: StopOptions): Promise<void>;
}

/**
 * Starts a server and resolves when it serves. It runs in processes of its own: the calling program goes on, can start
 * several, and is never ended by one. When that program ends, in whatever way, the server is stopped (on Linux).
 *
 * Children load the handler by themselves, so it is named by its module. A function is refused: it could not be carried
 * to another process. `run` takes one.
 *
 * In an executable (`deno compile`, `bun build --compile`) the server is the same program again, which becomes the server
 * at its own call of `serve`: code above that call runs in it too.
 *
 * @param handler The URL of the handler's module, or its path from the working directory. Undefined: Net::Server's echo, or
 * the program that the option `exec` names.
 * @param config Options, as for `run`. Times have the unit that each option states. The command line is not read.
 * @returns The server. `await using` stops it at the end of the block.
 * @throws {ConfigError} if an option is wrong
 * @throws {BindError} if a port cannot be bound
 * @throws {TineError} if the handler cannot be loaded, or the server does not come up
 *
 * @example A look at a server that serves for as long as this block
 * ```ts
 * import { serve } from "tine";
 *
 * {
 *   await using server = await serve("./examples/echo.ts", { port: "127.0.0.1:0", maxServers: 2, logLevel: 0 });
 *   const [address] = server.addresses;
 *   console.log(`${address?.hostname}:${address?.port} is served by ${server.status().children.length} children`);
 * }
 * ```
 */
export async function serve(
  handler?: URL | string,
  config: PartialConfig = {},
  options: ServeOptions = {},
): Promise<ServerHandle> {
  const { becomeServer } = await import("./become_server.ts");
  await becomeServer();
  const { startServer } = await import("./start_server.ts");
  return await startServer(handler, config, options);
}
