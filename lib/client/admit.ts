/**
 * Who is allowed: the client's name, and the rules on it (Net::Server's `get_client_info` and `allow_deny`). Loaded by
 * children whose configuration has rules or wants names.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import {
  checkDoubleReverse,
  lookUpPeer,
  type LookupPlan,
  type PeerName,
  planLookups,
} from "../access/reverse_lookup.ts";
import { compileRules, decide, type Rules } from "../access/rules.ts";
import type { Config } from "../config/options.ts";
import type { Connection } from "../connection/connection.ts";
import type { Logger } from "../log/logger.ts";

/** The rules of a server, and what they need to know of a client. */
export class Admission {
  readonly #rules: Rules | undefined;
  readonly #plan: LookupPlan | undefined;
  readonly #deadlineMs: number;
  readonly #logger: Logger;

  /** @throws {ConfigError} if a rule cannot be used */
  constructor(config: Config, logger: Logger) {
    this.#rules = compileRules(config);
    this.#plan = planLookups(config);
    this.#deadlineMs = config.lookupTimeout * 1000;
    this.#logger = logger;
  }

  /** Looks up the client's name, if that is wanted, and gives it to its connection too. */
  async identify(client: Connection): Promise<PeerName> {
    const { hostname: address, transport } = client.remoteAddr;
    if (this.#plan === undefined || transport === "unix") return {};
    const name = await lookUpPeer(address, this.#plan, { deadlineMs: this.#deadlineMs });
    if (name.hostname !== undefined) client.peerhost = name.hostname;
    return name;
  }

  /** Why a client is denied; undefined if it is allowed. */
  denial(client: Connection, name: PeerName): string | undefined {
    const { hostname: address, transport } = client.remoteAddr;
    // A peer on a Unix socket has no address to match: its file's mode says who may connect.
    if (transport === "unix") return undefined;
    if (this.#plan?.double !== undefined) {
      const { matches, line } = checkDoubleReverse(address, name, this.#plan.double);
      if (line !== undefined) this.#logger.log(LEVEL.info, line);
      if (!matches) return "double_reverse_lookups";
    }
    if (this.#rules === undefined) return undefined;
    const { verdict, rule } = decide(this.#rules, { address, hostname: name.hostname });
    if (verdict === "allow") return undefined;
    return rule ?? (verdict === "none" ? "no rule allows it" : "its address is not understood");
  }
}
