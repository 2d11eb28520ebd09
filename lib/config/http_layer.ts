/**
 * HTTP is a layer on the personality that accepts: when it is there, what it brings along, and what it does not go with.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { ConfigError, type Place } from "../errors.ts";
import { type Personality, type PersonalityName, takesOption, withHttp } from "../personality/personality.ts";
import { checkApps } from "./apps.ts";
import type { Config } from "./options.ts";
import { understandPorts } from "./ports.ts";
import type { Checked } from "./precedence.ts";

/** The port of Net::Server::HTTP's documentation: one that needs no rights, and that people know. */
const PORT = "8080";
const MAX_CLIENTS = 256;

/** The processors that a limit of cgroup v2 leaves, by the text of `cpu.max`; Infinity if it is none (kernel: cgroup-v2). */
export function processorsIn(cpuMax: string): number {
  const [quota, period] = cpuMax.trim().split(" ").map(Number);
  return quota && period ? Math.max(1, Math.ceil(quota / period)) : Infinity;
}

/** The least limit of the cgroup that this process is in, and of those above it. */
function processorsOfCgroup(): number {
  let least = Infinity;
  try {
    const path = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      try {
        const file = `/sys/fs/cgroup${path.slice(0, end)}/cpu.max`;
        least = Math.min(least, processorsIn(readFileSync(file, "utf8")));
      } catch {
        // The root has none, nor has a cgroup without the controller.
      }
    }
  } catch {
    // No Linux, or no /proc.
  }
  return least;
}

/** How many processors this process may use: as many as its affinity and its cgroup allow. */
function processors(): number {
  return Math.min(availableParallelism(), processorsOfCgroup());
}

/** Whether clients speak HTTP: the handler has `fetch`, `server_type` says so, or there is an `app`. */
export function isHttp(
  names: readonly PersonalityName[],
  { hasFetch }: { hasFetch?: boolean | undefined },
  merged: Checked,
): boolean {
  return hasFetch === true || names.includes("HTTP") || (merged.get("app")?.values.length ?? 0) > 0;
}

/** The personality with what HTTP adds to it. */
export function httpPersonality(personality: Personality, merged: Checked, platform: string): Personality {
  const serialize = merged.get("serialize")?.values[0];
  const servesMany = platform === "linux" && (serialize === undefined || serialize === "none");
  const takesMany = servesMany &&
    takesOption(personality, { key: "max_clients", personality: "PreForkSimple" });
  return withHttp(personality, {
    port: [PORT],
    ...(personality.name === "PreForkSimple" ? { max_servers: processors() } : {}),
    max_clients: takesMany ? MAX_CLIENTS : 1,
  });
}

/**
 * Checks the options that HTTP does not go with.
 *
 * @throws {ConfigError} for the first
 */
export function checkHttp(
  { config, personality, origins }: {
    readonly config: Config;
    readonly personality: Personality;
    readonly origins: ReadonlyMap<string, readonly Place[]>;
  },
): void {
  const refuse = (option: string, message: string, index = 0) => {
    const place = origins.get(option)?.[index];
    throw new ConfigError(message, { option, ...(place === undefined ? {} : { place }) });
  };
  if (personality.name === "Multiplex") {
    refuse(
      "server_type",
      "Cannot serve HTTP with Multiplex: it serves by callbacks; use PreForkSimple with max_clients, or Single",
    );
  }
  if (config.exec.length > 0) {
    refuse(
      "exec",
      "Cannot set exec: a handler with fetch, or HTTP, would serve the same clients; remove one of the two",
    );
  }
  checkApps({ config, origins });
  if (!personality.binds) return;
  for (const [index, { proto, text }] of understandPorts({ config, origins }).entries()) {
    if (proto === "tcp" || proto === "unix") continue;
    refuse(
      "port",
      `Cannot serve HTTP on port "${text}": its clients are datagrams; give it a server of its own`,
      index,
    );
  }
}
