/**
 * A server for the program that calls, which goes on with its own work: the server is a process of its own.
 *
 * @module
 */

import type { Address } from "../address.ts";
import type { PartialConfig } from "../config/options.ts";
import type { ServerStatus } from "../daemon/server_status.ts";

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

/** A server that {@linkcode serve} has started. */
export interface ServerHandle extends AsyncDisposable {
  /** Where it listened when it had started, in the order of the configuration. A port of 0 is the real one here. */
  readonly addresses: readonly Address[];
  /** The process id of its parent, which the signals are for. */
  readonly pid: number;
  /** Resolved when it has ended, however that came. It is never rejected. */
  readonly finished: Promise<ServerEnd>;
  /**
   * What it and its children do: what `tine status --json` prints. What cannot be seen is null.
   *
   * @throws {TineError} if it has ended
   */
  status(): ServerStatus;
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
 * @param handler The URL of the handler's module, or its path from the working directory. Undefined: what the option
 * `handler` or `exec` names, in `config` or its `confFile`; else Net::Server's echo.
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
