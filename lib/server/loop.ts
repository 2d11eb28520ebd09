/**
 * What a personality runs on, and what it gives back: the parts that the server's life has in common.
 *
 * @module
 */

import type { LoadedConfig } from "../config/config.ts";
import type { Config } from "../config/options.ts";
import type { Handler } from "../context.ts";
import type { Listener } from "../listen/listen.ts";
import type { Logger } from "../log/logger.ts";
import type { ParentServer } from "../supervise/parent_server.ts";
import type { Legacy } from "../supervise/restart.ts";

/** A server that has its options and its ports. */
export interface Ground {
  readonly config: Config;
  readonly handler: Handler;
  /** The URL of the handler's module where the command line named one. */
  readonly handlerUrl: string | undefined;
  readonly server: ParentServer;
  readonly logger: Logger;
  /** Empty for a personality that binds none. */
  readonly listeners: readonly Listener[];
  /** What the program handed to itself if it was restarted. The listening sockets are among `listeners` already. */
  readonly legacy: Legacy | undefined;
  /** Reads the options again and checks them. */
  readonly reread: () => Promise<LoadedConfig>;
}

/** A personality at work. */
export interface Loop {
  /** Serves until somebody wants the server to end, and ends the process. */
  run(): Promise<never>;
  /** Closes the server and ends the process. `gently`: clients are finished first. */
  close(options: { exitCode: number; gently: boolean }): Promise<never>;
  /** Ends whatever runs and removes what is left, without hooks: closing has failed. */
  abandon(): Promise<void>;
}

/** The module of a personality. */
export interface LoopModule {
  /** From a server with ports to one that is ready to run. */
  prepareLoop(ground: Ground): Promise<Loop>;
}
