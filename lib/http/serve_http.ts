/**
 * HTTP as the work of any personality: what serves a connection when the handler has `fetch`.
 *
 * @module
 */

import type { Connection } from "../connection/connection.ts";
import type { StreamConnection } from "../connection/stream.ts";
import type { Handler, Server } from "../context.ts";
import { HttpConnection } from "./http_connection.ts";
import { type Fetch, HttpService } from "./service.ts";

/** What the process knows. */
export interface HttpParts {
  readonly server: Server;
  readonly handler: Handler;
  /** The listening sockets of streams. */
  readonly listeners: readonly number[];
  /** How many clients are served at the same time. */
  readonly maxClients: number;
}

/** What serves connections. */
export interface HttpWork {
  /** Serves a client. */
  serve(connection: Connection): Promise<void>;
  /** Answers a client that is denied. */
  deny(connection: Connection): Promise<void>;
  /** Ends what was begun for clients and goes on by itself, before the process ends. */
  readonly stop: (() => Promise<void>) | undefined;
}

/** Loads what requests need, and serves by it. */
export async function openHttp(parts: HttpParts): Promise<HttpWork> {
  const { handler, server } = parts;
  const dispatch = server.config.app.length > 0
    ? await (await import("./app/dispatch.ts")).openDispatch(server.config, handler)
    : undefined;
  const fetch: Fetch = dispatch?.fetch ?? handler.fetch ?? (await import("./default_page.ts")).showRequest;
  const service = new HttpService({ ...parts, config: server.config, fetch });
  return {
    stop: dispatch?.stop,
    // A handler without datagrams has streams alone.
    serve: (connection) => new HttpConnection(connection as StreamConnection, service).run(),
    deny: (connection) => new HttpConnection(connection as StreamConnection, service).deny(),
  };
}
