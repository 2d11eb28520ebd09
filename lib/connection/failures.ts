/**
 * The errors of a connection.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { ConnectionError } from "../errors.ts";
import { ECONNRESET, ENOTCONN, EPIPE, errnoName, errnoSentence } from "../os/errno.ts";
import { formatAddress } from "../os/sockaddr.ts";

/** What was tried with the peer. */
type Doing = "read from" | "write to";

/** Who this is, for a message. */
export function who(peer: Address): string {
  return peer.transport === "unix" ? "the client" : formatAddress(peer);
}

/** The connection was closed on this side. */
export function closedError(): ConnectionError {
  return new ConnectionError("Cannot use the connection: it is closed", { code: "EBADF" });
}

/** The peer was too slow. */
export function timedOut(doing: Doing, peer: Address, timeoutMs: number): ConnectionError {
  return new ConnectionError(`Cannot ${doing} ${who(peer)}: timed out after ${timeoutMs} ms`, {
    code: "ETIMEDOUT",
  });
}

/** A call failed with `number`. */
export function failure(doing: Doing, peer: Address, number: number): ConnectionError {
  const code = errnoName(number);
  const gone = number === EPIPE || number === ECONNRESET || number === ENOTCONN;
  return new ConnectionError(
    `Cannot ${doing} ${who(peer)}: ${gone ? `the client is gone (${code})` : errnoSentence(code)}`,
    { code },
  );
}

/** A read was given up by its signal. */
export function aborted(signal: AbortSignal): ConnectionError {
  return new ConnectionError("Cannot go on reading: the read was aborted", {
    code: "ECANCELED",
    cause: signal.reason,
  });
}

/** `promise`, or false after `timeout` milliseconds above 0, or a rejection once `signal` is aborted. */
export function abortable(
  promise: Promise<boolean>,
  { signal, timeout }: { signal: AbortSignal | undefined; timeout: number },
): Promise<boolean> {
  const { promise: result, resolve, reject } = Promise.withResolvers<boolean>();
  const onAbort = () => signal && reject(aborted(signal));
  // deno-lint-ignore tine/no-timers -- the wait is shared by reads whose timeouts differ
  const timer = timeout > 0 ? setTimeout(resolve, timeout, false) : undefined;
  signal?.addEventListener("abort", onAbort, { once: true });
  promise.then(resolve, reject);
  return result.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  });
}

/** What a text to write fails with, which only code without types can give. */
export function textToWrite(): TypeError {
  return new TypeError("Cannot write a string: write takes bytes; call print for a text");
}
