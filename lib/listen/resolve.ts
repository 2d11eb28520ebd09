/**
 * Names and `*` → the addresses to bind.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { PortSpec } from "./port_spec.ts";

/** One address to bind. */
export interface Target {
  readonly hostname: string;
  readonly port: number;
  readonly ipv: "4" | "6";
  /** Whether an IPv6 socket is to leave IPv4 alone. */
  readonly v6Only: boolean;
}

/** The number of a service's name in a text like /etc/services. Pure. */
export function servicePort(name: string, proto: string, services: string): number | undefined {
  for (const line of services.split("\n")) {
    const [service, number = "", ...aliases] = (line.split("#")[0] as string).trim().split(/\s+/);
    const [port, of] = number.split("/");
    if (of === proto && (service === name || aliases.includes(name))) return Number(port);
  }
  return undefined;
}

function portNumber(spec: PortSpec): number | undefined {
  if (/^\d+$/.test(spec.port)) return Number(spec.port);
  try {
    return servicePort(spec.port, spec.proto, readFileSync("/etc/services", "utf8"));
  } catch {
    return undefined;
  }
}

/** How long a resolver may take. */
const PATIENCE_MS = 10_000;

function withDeadline<T>(promise: Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return new Promise((resolve, reject) => {
    signal.addEventListener(
      "abort",
      () => reject(new Error(`Cannot wait longer than ${PATIENCE_MS / 1000} s for the resolver`)),
    );
    promise.then(resolve, reject);
  });
}

/**
 * The addresses that `spec` means.
 *
 * @returns The addresses, or the reason why there are none.
 */
export async function resolve(spec: PortSpec): Promise<Target[] | string> {
  const port = portNumber(spec);
  if (port === undefined) return `there is no service "${spec.port}" in /etc/services; give a number`;
  const wants = (family: "4" | "6") => spec.ipv === "*" || spec.ipv.includes(family);
  if (spec.host === "*") {
    if (spec.ipv === "*") return [{ hostname: "::", port, ipv: "6", v6Only: false }];
    const any: Target[] = [];
    if (wants("6")) any.push({ hostname: "::", port, ipv: "6", v6Only: true });
    if (wants("4")) any.push({ hostname: "0.0.0.0", port, ipv: "4", v6Only: true });
    return any;
  }
  const family = isIP(spec.host);
  if (family !== 0) {
    return [{ hostname: spec.host, port, ipv: family === 6 ? "6" : "4", v6Only: true }];
  }
  try {
    const found = await withDeadline(lookup(spec.host, { all: true }));
    const targets = found.map(({ address, family }): Target => ({
      hostname: address,
      port,
      ipv: family === 6 ? "6" : "4",
      v6Only: true,
    })).filter(({ ipv }) => wants(ipv));
    const missing = (["4", "6"] as const).find((f) =>
      spec.ipv.includes(f) && !targets.some(({ ipv }) => ipv === f)
    );
    if (missing !== undefined) return `the host "${spec.host}" has no IPv${missing} address`;
    const unique = new Map(targets.map((target) => [target.hostname, target]));
    return [...unique.values()];
  } catch (error) {
    return `the host "${spec.host}" cannot be resolved (${
      (error as { code?: string }).code ?? (error as Error).message
    })`;
  }
}
