/**
 * What a client has done wrong, and the status that says so.
 *
 * @module
 */

/** A request that cannot be served. Its reason is for the log; the client sees the status alone. */
export class HttpFault extends Error {
  override name = "HttpFault";
  /** The status to answer with, such as 400. */
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}
