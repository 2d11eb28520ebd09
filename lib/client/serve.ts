/**
 * One client from its accept to its close: the order of hooks and checks (Net::Server's `run_client_connection`).
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Config } from "../config/options.ts";
import type { Connection } from "../connection/connection.ts";
import type { PeerName } from "../access/reverse_lookup.ts";
import type { Handler, ProcessRequest, Server } from "../context.ts";
import { ConnectionError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { callHook, Failure } from "../process/failure.ts";
import type { Admission } from "./admit.ts";

/** What is known of a client's name where none is asked for. */
const UNKNOWN: PeerName = {};

/** What letting a client in needs. */
export interface Admitting {
  readonly server: Server;
  readonly handler: Handler;
  readonly logger: Logger;
  /** Where there are rules on clients, or names to be looked up. */
  readonly admission: Admission | undefined;
  /** Counts a client that is denied. */
  readonly denied: () => void;
}

/** What judges clients; undefined where the options want nothing of that, so that nothing is loaded for it. */
export async function openAdmission(config: Config, logger: Logger): Promise<Admission | undefined> {
  const { allow, deny, cidrAllow, cidrDeny, reverseLookups, doubleReverseLookups } = config;
  const rules = allow.length + deny.length + cidrAllow.length + cidrDeny.length;
  if (rules === 0 && reverseLookups === undefined && doubleReverseLookups === undefined) return undefined;
  const { Admission } = await import("./admit.ts");
  return new Admission(config, logger);
}

/** What serves clients. */
export interface ClientWork {
  /** Serves a client. */
  readonly processRequest: ProcessRequest;
  /** Tells one that is denied, where its protocol has words for that. */
  readonly deny: ((connection: Connection) => Promise<void>) | undefined;
  /** Ends what goes on beside this process for clients, before that ends. */
  readonly stop: (() => Promise<void>) | undefined;
}

/** What serving needs. */
export interface Serving extends Admitting, ClientWork {}

/** Whether clients speak HTTP: with a handler that has `fetch`, with an app, or where the options say so and nothing else serves. */
export function speaksHttp(handler: Handler, config: Pick<Config, "serverType" | "app">): boolean {
  return handler.fetch !== undefined || config.app.length > 0 ||
    (handler.processRequest === undefined && config.serverType.includes("HTTP"));
}

/**
 * What serves clients, loaded: HTTP, the handler's own function, or the echo.
 *
 * @param listeners The listening sockets.
 * @param maxClients How many clients are served at the same time.
 */
export async function openWork(
  { server, handler }: { readonly server: Server; readonly handler: Handler },
  { listeners, maxClients }: {
    readonly listeners: readonly { readonly fd: number }[];
    readonly maxClients: number;
  },
): Promise<ClientWork> {
  if (speaksHttp(handler, server.config)) {
    const { openHttp } = await import("../http/serve_http.ts");
    const { serve, deny, stop } = await openHttp({
      server,
      handler,
      maxClients,
      listeners: listeners.map(({ fd }) => fd),
    });
    return { processRequest: serve, deny, stop };
  }
  const processRequest = handler.processRequest ?? (await import("../handler/echo.ts")).echo;
  return { processRequest, deny: undefined, stop: undefined };
}

/** Runs the handler. A client that went away or was too slow is no failure of the handler's. */
async function runHandler(serving: Serving, connection: Connection): Promise<void> {
  try {
    await serving.processRequest(connection, serving.server);
  } catch (cause) {
    if (!(cause instanceof ConnectionError)) throw new Failure("handler", cause);
    serving.logger.log(LEVEL.info, cause.message);
  }
}

function logConnect({ logger }: Admitting, connection: Connection): void {
  const { remoteAddr, localAddr, peerhost } = connection;
  const text = localAddr.transport === "unix"
    ? `CONNECT ${connection.datagram === undefined ? "UNIX" : "UNIXDGRAM"} Socket: "${localAddr.path}"`
    : `CONNECT ${localAddr.transport.toUpperCase()} Peer: "[${remoteAddr.hostname}]:${remoteAddr.port}"` +
      `${peerhost === undefined ? "" : ` (${peerhost}) `} Local: "[${localAddr.hostname}]:${localAddr.port}"`;
  logger.log(LEVEL.info, text);
}

function logDenial(logger: Logger, { remoteAddr, peerhost }: Connection, denial: string): void {
  const name = peerhost === undefined ? "" : ` (${peerhost})`;
  logger.log(LEVEL.notice, `DENY ${formatAddress(remoteAddr)}${name}: ${denial}`);
}

/** Why a client is denied; undefined if it is allowed. The hook is asked last, as it may say something. */
async function denialOf(
  { server, handler: { hooks }, admission }: Admitting,
  connection: Connection,
  name: PeerName,
): Promise<string | undefined> {
  const denial = admission?.denial(connection, name);
  if (denial !== undefined || !hooks?.allowDeny) return denial;
  const allowed = await callHook(hooks, "allowDeny", () => hooks.allowDeny?.(server, connection));
  return allowed ? undefined : "the hook allowDeny";
}

/**
 * Decides whether a client is allowed. One that is not is told so by the hook `requestDenied`.
 *
 * @throws {Failure} if a hook threw
 */
export async function admit(serving: Admitting, connection: Connection): Promise<boolean> {
  const { server, handler: { hooks }, logger, admission } = serving;
  const name = admission === undefined ? UNKNOWN : await admission.identify(connection);
  if (logger.writes(LEVEL.info)) logConnect(serving, connection);
  if (hooks?.postAccept) await callHook(hooks, "postAccept", () => hooks.postAccept?.(server, connection));
  const denial = await denialOf(serving, connection, name);
  if (denial === undefined) return true;
  serving.denied();
  if (logger.writes(LEVEL.notice)) logDenial(logger, connection, denial);
  if (hooks?.requestDenied) {
    await callHook(hooks, "requestDenied", () => hooks.requestDenied?.(server, connection));
  }
  return false;
}

async function answer(serving: Serving, connection: Connection): Promise<void> {
  const { server, handler: { hooks } } = serving;
  const allowed = await admit(serving, connection);
  if (allowed) await runHandler(serving, connection);
  else if (hooks?.requestDenied === undefined) await serving.deny?.(connection);
  if (hooks?.postProcessRequest) {
    await callHook(hooks, "postProcessRequest", () => hooks.postProcessRequest?.(server, allowed));
  }
}

/**
 * Serves one client and closes its connection.
 *
 * @throws {Failure} if a hook or the handler threw; the connection is closed all the same
 */
export async function serve(serving: Serving, connection: Connection): Promise<void> {
  const { handler: { hooks }, server } = serving;
  if (hooks === undefined && serving.admission === undefined && !serving.logger.writes(LEVEL.info)) {
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
    await callHook(hooks, "postClientConnection", () => hooks.postClientConnection?.(server));
  }
}
