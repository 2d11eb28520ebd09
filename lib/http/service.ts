/**
 * What all connections of one process share.
 *
 * @module
 */

import type { Config } from "../config/options.ts";
import type { FetchInfo, Handler, Server } from "../context.ts";
import { LEVEL } from "../log/line_format.ts";
import { VERSION } from "../version.ts";
import { AnswerFields } from "./answer_fields.ts";
import { StandingFields } from "./dates.ts";
import { Crowd, type Guest } from "./crowd.ts";
import { Deadlines, type Timed } from "./deadlines.ts";
import { type HttpLimits, limitsOf } from "./limits.ts";

/** What serves requests: the handler's own, or the page that shows them. */
export type Fetch = (request: Request, info: FetchInfo) => Response | Promise<Response>;

/** What a service is made of. */
export interface ServiceParts {
  readonly server: Server;
  readonly config: Config;
  readonly handler: Handler;
  readonly fetch: Fetch;
  /** The listening sockets, where it may be told from them that another client waits. */
  readonly listeners: readonly number[];
  /** How many clients the process serves at the same time. */
  readonly maxClients: number;
}

/** The service. */
export class HttpService {
  readonly server: Server;
  readonly fetch: Fetch;
  readonly onError: Handler["error"];
  readonly limits: HttpLimits;
  readonly listeners: readonly number[];
  readonly maxClients: number;
  readonly deadlines = new Deadlines<Timed & Guest>();
  readonly #crowd: Crowd | undefined;
  readonly fields: AnswerFields;
  /** The content type of answers that name none (`default_content_type`); undefined for none. */
  readonly defaultType: string | undefined;
  /** How long requests may take once the process is to leave, before their signals are aborted; 0 for no limit. */
  readonly leaveMs: number;
  readonly #idleTimeoutMs: number;

  constructor({ server, config, handler, fetch, listeners, maxClients }: ServiceParts) {
    this.server = server;
    this.fetch = fetch;
    this.onError = handler.error;
    this.limits = limitsOf(config);
    this.listeners = listeners;
    this.maxClients = maxClients;
    this.#crowd = maxClients > 1 ? new Crowd(this.deadlines, listeners, maxClients) : undefined;
    this.fields = new AnswerFields(new StandingFields(config.serverRevision ?? `Tine/${VERSION}`));
    this.defaultType = config.defaultContentType;
    this.leaveMs = config.leaveChildrenOpenOnHup ? 0 : config.stopTimeout * 500;
    this.#idleTimeoutMs = config.idleTimeout * 1000;
  }

  /** The `timeout` of a connection that is given away. */
  get idleTimeoutMs(): number {
    return this.#idleTimeoutMs;
  }

  /** A client has come. */
  enter(client: Timed & Guest): void {
    this.deadlines.add(client);
    this.#crowd?.came();
  }

  /** It has gone. */
  leave(client: Timed & Guest): void {
    this.deadlines.delete(client);
  }

  /** Whether a client that is idle has to give way to one that waits. */
  get givesWay(): boolean {
    return this.maxClients === 1 && this.listeners.length > 0;
  }

  /** Tells the log what only its reader is to know. */
  warn(message: string): void {
    this.server.log(LEVEL.warning, message);
  }

  /** Tells it what clients do wrong. */
  note(message: string): void {
    this.server.log(LEVEL.info, message);
  }
}
