/**
 * One client from its accept to its close: the order of hooks and checks (Net::Server's `run_client_connection`).
 *
 * @module
 */

import { Connection } from "../connection/connection.ts";
import type { Handler, ProcessRequest, Server } from "../context.ts";
import { ConnectionError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { formatAddress } from "../os/sockaddr.ts";

/** A hook or the handler threw: the child ends, as a Perl child would `die`. */
export class Thrown extends Error {
  override name = "Thrown";
  /** What threw, such as `the hook postAccept`. */
  readonly where: string;

  constructor(where: string, cause: unknown) {
    super(`Cannot go on after ${where} threw`, { cause });
    this.where = where;
  }
}

/** What serving needs. */
export interface Serving {
  readonly server: Server;
  readonly handler: Handler;
  readonly processRequest: ProcessRequest;
  readonly logger: Logger;
}

/** Calls a hook. @throws {Thrown} with its name, if it throws */
export async function callHook<T>(name: string, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new Thrown(`the hook ${name}`, cause);
  }
}

/** Runs the handler. A client that went away or was too slow is no failure of the handler's. */
async function runHandler(serving: Serving, connection: Connection): Promise<void> {
  try {
    await serving.processRequest(connection, serving.server);
  } catch (cause) {
    if (!(cause instanceof ConnectionError)) throw new Thrown("the handler", cause);
    serving.logger.log(3, cause.message);
  }
}

function logConnect({ logger }: Serving, connection: Connection): void {
  const { remoteAddr, localAddr } = connection;
  const text = localAddr.transport === "unix"
    ? `CONNECT ${connection.datagram === undefined ? "UNIX" : "UNIXDGRAM"} Socket: "${localAddr.path}"`
    : `CONNECT ${localAddr.transport.toUpperCase()} Peer: "[${remoteAddr.hostname}]:${remoteAddr.port}" ` +
      `Local: "[${localAddr.hostname}]:${localAddr.port}"`;
  logger.logTimed(3, text);
}

async function answer(serving: Serving, connection: Connection): Promise<void> {
  const { server, handler: { hooks }, logger } = serving;
  if (logger.writes(3)) logConnect(serving, connection);
  if (hooks?.postAccept) await callHook("postAccept", () => hooks.postAccept?.(server, connection));
  const allowed = !hooks?.allowDeny ||
    Boolean(await callHook("allowDeny", () => hooks.allowDeny?.(server, connection)));
  if (allowed) await runHandler(serving, connection);
  else {
    if (logger.writes(2)) logger.logTimed(2, `DENY ${formatAddress(connection.remoteAddr)}`);
    if (hooks?.requestDenied) {
      await callHook("requestDenied", () => hooks.requestDenied?.(server, connection));
    }
  }
  if (hooks?.postProcessRequest) {
    await callHook("postProcessRequest", () => hooks.postProcessRequest?.(server, allowed));
  }
}

/**
 * Serves one client and closes its connection.
 *
 * @throws {Thrown} if a hook or the handler threw; the connection is closed all the same
 */
export async function serve(serving: Serving, connection: Connection): Promise<void> {
  const { handler: { hooks }, server } = serving;
  if (hooks === undefined && !serving.logger.writes(3)) {
    // The common case: nothing but the handler.
    try {
      await runHandler(serving, connection);
    } finally {
      connection.close();
    }
    return;
  }
  try {
    await answer(serving, connection);
  } finally {
    connection.close();
  }
  if (hooks?.postClientConnection) {
    await callHook("postClientConnection", () => hooks.postClientConnection?.(server));
  }
}
