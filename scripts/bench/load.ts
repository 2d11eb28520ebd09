/**
 * Drives the load generator (`load.c`) against servers, in rounds that take turns.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What one run of the load generator found. */
export interface LoadResult {
  readonly connections: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** How much of a core the load generator itself took, 0 to 1. */
  readonly busy: number;
  /** Clients that got no answer or a wrong one. */
  readonly errors: number;
}

/** How long to measure. */
export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
  /** Load before the first round whose figures are dropped: compilers that work at run time get to know the code. */
  readonly warmupSeconds: number;
  /** Clients at any time. @default 16 */
  readonly clients?: number;
}

/** Clients that are there at any time. */
export const CLIENTS = 16;

/** A server that can be loaded. */
export interface Loadable {
  readonly contestant: { readonly name: string };
  readonly port: number;
}

/** What came of a measurement. */
export interface Measured<S> {
  /** For each server that served all its clients, one result a round. */
  readonly results: ReadonlyMap<S, readonly LoadResult[]>;
  /** Why the others have none: the figures of a server that errs mean nothing. */
  readonly failures: readonly string[];
}

/**
 * Loads each server in turn, round after round. Each round begins with the next server, so that none always follows
 * the same one or always comes first.
 */
export async function measure<S extends Loadable>(
  load: string,
  servers: readonly S[],
  rounds: Rounds,
): Promise<Measured<S>> {
  const results = new Map<S, LoadResult[]>();
  const failures: string[] = [];
  for (const server of servers) {
    results.set(server, []);
    // The warm-up is also the check that it answers rightly, before anything is timed.
    const error = await run(load, server, ofRound(rounds, rounds.warmupSeconds)).then(
      () => undefined,
      String,
    );
    if (error !== undefined) drop(server, error);
  }
  for (let round = 0; round < rounds.rounds; round++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const server = servers[(round + turn) % servers.length];
      const mine = server && results.get(server);
      if (mine) {
        await run(load, server, ofRound(rounds, rounds.seconds)).then(
          (result) => mine.push(result),
          (e) => drop(server, e),
        );
      }
    }
  }
  return { results, failures };

  function drop(server: S, error: unknown): void {
    results.delete(server);
    failures.push(String(error));
  }
}

/** The load generator's options for one round. */
function ofRound({ clients = CLIENTS }: Rounds, seconds: number): readonly string[] {
  // The first tenth of a second wakes processes and caches that slept while others had their turn.
  return ["-c", `${clients}`, "-w", "100", "-d", `${Math.round(seconds * 1000)}`];
}

/**
 * Runs the load generator once.
 *
 * @throws {Error} if a client got no answer or a wrong one
 */
export async function run(load: string, server: Loadable, options: readonly string[]): Promise<LoadResult> {
  const { stdout, stderr } = await promisify(execFile)(load, ["-p", `${server.port}`, ...options]);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.errors > 0) {
    throw new Error(`${server.contestant.name} failed ${result.errors} clients: ${stderr.trim()}`);
  }
  return result;
}
