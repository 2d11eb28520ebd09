/**
 * How a read may end early.
 *
 * @module
 */

/** How a single read may end early. */
export interface ReadOptions {
  /** Milliseconds after which the read is given up with `ETIMEDOUT`. Default: the connection's `timeout`. 0: never. */
  timeout?: number;
  /** Gives the read up when it is aborted. No byte is lost: a later read gets what came. */
  signal?: AbortSignal;
}
