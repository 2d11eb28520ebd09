/** Temporary. @module */
import type { Config } from "../config/options.ts";
import type { LoadedConfig } from "../config/config.ts";
import type { Address } from "../context.ts";
import { BindError } from "../errors.ts";
import { listenOn, localAddress } from "../os/socket.ts";
export interface Listener {
  readonly fd: number;
  readonly address: Address;
  readonly key: string;
}
export interface InheritedSocket {
  readonly fd: number;
  readonly key: string;
}
export interface ListenOptions {
  config: Config;
  origins: LoadedConfig["origins"];
  inherited: readonly InheritedSocket[];
  log(level: number, message: string): void;
}
export async function listen(
  o: ListenOptions,
): Promise<{ listeners: Listener[]; unmapped: InheritedSocket[] }> {
  const listeners: Listener[] = [];
  for (const p of o.config.port) {
    const t = typeof p === "string" ? p : String(p.port);
    const m = /^(?:(.*):)?(\d+)$/.exec(t)!;
    const key = `${m[1] ?? "*"}|${m[2]}`;
    const inh = o.inherited.find((i) => i.key === key);
    try {
      const fd = inh?.fd ??
        listenOn({ transport: "tcp", hostname: m[1] ?? "0.0.0.0", port: Number(m[2]) }, {
          backlog: 4096,
          v6Only: false,
        });
      const address = localAddress(fd);
      o.log(2, `Binding to TCP port ${m[2]} on host ${address.hostname} with IPv4`);
      if (m[2] === "0") o.log(2, `  Bound to auto-assigned port ${address.port}`);
      listeners.push({ fd, address, key });
    } catch (e) {
      throw new BindError((e as Error).message, { address: t });
    }
  }
  return { listeners, unmapped: [] };
}
