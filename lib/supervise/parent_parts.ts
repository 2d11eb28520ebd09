/**
 * What a parent is made of.
 *
 * @module
 */

import type { Config } from "../config/options.ts";
import type { Handler } from "../context.ts";
import type { Daemon } from "../daemon/daemon.ts";
import type { Listener } from "../listen/listen.ts";
import type { Logger } from "../log/logger.ts";
import type { Pipe } from "../os/descriptor.ts";
import type { Scoreboard } from "../scoreboard/scoreboard.ts";
import type { PreparedSerializer } from "../serialize/prepare.ts";
import type { ParentServer } from "../server/parent_view.ts";
import type { Population } from "./population.ts";

/** What a parent is made of. */
export interface ParentParts {
  readonly config: Config;
  readonly handler: Handler;
  readonly handlerUrl: string | undefined;
  readonly server: ParentServer;
  readonly logger: Logger;
  readonly listeners: readonly Listener[];
  readonly serializer: PreparedSerializer;
  /** Children see the end of the parent by it. */
  readonly deathPipe: Pipe;
  /** Where children from before a restart look for the log file. */
  readonly mailbox: Pipe | undefined;
  /** The personality's strategy. */
  readonly populate: (scoreboard: Scoreboard) => Population;
  /** Its pid file, and what it tells of itself. */
  readonly daemon: Daemon;
  /** Whether it comes from a restart. */
  readonly isRestarted: boolean;
}
