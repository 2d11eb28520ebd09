/**
 * The ports of a configuration, each understood with what the lists say of it. Pure.
 *
 * @module
 */

import { ConfigError, type Place } from "../errors.ts";
import type { Config } from "./options.ts";
import { parsePort, PortFault, type PortSpec } from "./port_spec.ts";

/** The options that say what to listen on, and where each was given. */
export interface PortOptions {
  readonly config: Pick<Config, "port" | "host" | "proto" | "ipv"> & {
    /** The type of unix sockets. */
    readonly unixType?: string | undefined;
  };
  readonly origins: ReadonlyMap<string, readonly Place[]>;
}

/** The value of a list that belongs to the port at `index`: the last one goes for all that follow. */
export function beside<T>(list: readonly T[] | undefined, index: number): T | undefined {
  return list?.[index] ?? list?.at(-1);
}

/**
 * Understands every port, without a look at this machine.
 *
 * @throws {ConfigError} for the first that cannot be understood
 */
export function understandPorts(options: PortOptions): PortSpec[] {
  return options.config.port.map((_, index) => understand(options, index));
}

function understand({ config, origins }: PortOptions, index: number): PortSpec {
  const entry = config.port[index] as Config["port"][number];
  const spec = parsePort(entry, {
    host: beside(config.host, index),
    proto: beside(config.proto, index),
    ipv: beside(config.ipv, index),
    unixType: config.unixType,
  });
  if (!(spec instanceof PortFault)) return spec;
  const place = beside(origins.get("port"), index);
  const text = typeof entry === "string" ? entry : String(entry.port);
  throw new ConfigError(`Cannot bind port "${text}": ${spec.reason}`, {
    option: "port",
    ...(place === undefined ? {} : { place }),
  });
}
