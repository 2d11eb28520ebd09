/**
 * How a connection is made, and how a read may end early.
 *
 * @module
 */

import type { WaitFor } from "../os/wait.ts";

/** How a connection is made. */
export interface ConnectionOptions {
  /** The `struct sockaddr` of the other end. */
  readonly peer: Uint8Array;
  /** The connection's `timeout`, in milliseconds. */
  readonly timeout: number;
  /** The connection's `waitsInReceive`. Default: false. */
  readonly waitsInReceive?: boolean;
  /** Waits for this connection beside others of its process, none of which may hold the thread. */
  readonly waitFor?: WaitFor | undefined;
}

/** How a single read may end early. */
export interface ReadOptions {
  /**
   * Milliseconds without a byte after which the read is given up with `ETIMEDOUT`. Default: the connection's `timeout`.
   * 0: never.
   */
  timeout?: number;
  /** Gives the read up when it is aborted. No byte is lost: a later read gets what came. */
  signal?: AbortSignal;
}

/** How lines are read. A limit holds for this call alone: another has its own. */
export interface LinesOptions extends ReadOptions {
  /** The longest line, in bytes without its end. Default 65,536. A longer one is an error, and stays unread. */
  maxLength?: number;
}
