/**
 * What a handler is told of a request beside the request itself.
 *
 * @module
 */

import type { Address } from "../address.ts";
import type { Connection } from "../connection/connection.ts";
import type { FetchInfo, Server } from "../context.ts";
import type { Exchange } from "./exchange.ts";

/** The second argument of `fetch`. */
export class ServedInfo implements FetchInfo {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** The exchange behind the second argument of `fetch`, for what Tine itself serves. */
  static exchangeOf(info: FetchInfo): Exchange {
    return (info as ServedInfo).#exchange;
  }

  get remoteAddr(): Address {
    return this.#exchange.client.connection.remoteAddr;
  }

  get localAddr(): Address {
    return this.#exchange.client.connection.localAddr;
  }

  get server(): Server {
    return this.#exchange.client.service.server;
  }

  get tls(): undefined {
    return undefined;
  }

  get completed(): Promise<void> {
    return this.#exchange.completed;
  }

  upgrade(): Connection {
    return this.#exchange.upgrade();
  }
}
