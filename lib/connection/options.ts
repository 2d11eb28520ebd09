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
  /** Is told when this connection makes its process wait. */
  readonly turn?: Turn | undefined;
}

/** Who serves a connection, and is told of its end more cheaply than by its signal. */
export interface ConnectionOwner {
  /** The process is to leave. */
  aborted(): void;
  /** The connection was closed on this side. */
  closed(): void;
}

/** What is to know how long a client keeps its process waiting. */
export interface Turn {
  /** A wait of unknown length begins. */
  waits(): void;
  /** A short wait that holds the thread is about to begin. */
  beforeLook(): void;
  /** It was rewarded. */
  found(): void;
  /** It was in vain. */
  missed(): void;
}

/** How a single read may end early. */
export interface ReadOptions {
  /**
   * Milliseconds without a byte after which the read fails with `ETIMEDOUT`. Default: the connection's `timeout`.
   * 0 is no limit.
   */
  timeout?: number;
  /** Cancels the read when it is aborted. No byte is lost: a later read gets what arrived. */
  signal?: AbortSignal;
}

/** How lines are read. The limit applies to this call only. */
export interface LinesOptions extends ReadOptions {
  /** Maximum line length in bytes, without the ending. Default 65,536. A longer line throws `EMSGSIZE` and stays unread. */
  maxLength?: number;
}
