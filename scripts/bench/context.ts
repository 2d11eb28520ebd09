/**
 * What every section of the benchmark is given.
 *
 * @module
 */

import type { Processes } from "./process.ts";
import { type Contestant, type Server, type ServerOptions, startServer } from "./servers.ts";

/** The tools and the choices of this run. */
export interface Bench {
  /** The load generator's path. */
  readonly load: string;
  /** A C compiler, for what a section needs beside it. */
  readonly compiler: string;
  /** A folder that is gone at the end. */
  readonly folder: string;
  readonly contestants: readonly Contestant[];
  /** Fewer and shorter rounds: shows that all works, not who is ahead by a few percent. */
  readonly quick: boolean;
  /** Aborted when this program is told to end: whatever it has started must end with it. */
  readonly interrupted: AbortSignal;
}

/** Starts a server for each contestant; one that does not come up is left out and its reason added to `failures`. */
export async function startEach(
  processes: Processes,
  contestants: readonly Contestant[],
  options: ServerOptions,
  failures: string[],
): Promise<Server[]> {
  const servers: Server[] = [];
  for (const contestant of contestants) {
    try {
      servers.push(await startServer(processes, contestant, options));
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  return servers;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
