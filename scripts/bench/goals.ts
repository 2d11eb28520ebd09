/**
 * What Tine promises, as ratios to what was measured beside it in the same run.
 *
 * @module
 */

/** A bound on a ratio. */
export interface Goal {
  readonly sense: "≥" | "≤";
  readonly bound: number;
}

/** A ratio, and what became of its goal. */
export interface Verdict {
  readonly ratio: number;
  readonly goal?: Goal;
  readonly reached?: boolean;
}

/** Connections per second against Perl's Net::Server::PreForkSimple. */
export const RATE_TO_PERL = { deno: atLeast(1.15), bun: atLeast(1.5) } as const;
/** Connections per second against a C program. */
export const RATE_TO_C = { bun: atLeast(0.95) } as const;
/** The 99th percentile of the latency against a C program. */
export const P99_TO_C = { bun: atMost(1.5) } as const;
/** Connections per second with 50 children against one's own with 8. */
export const MANY_TO_FEW = atLeast(0.9);
/** Connections per second against one's own with 8 children, by the number of children. */
export const MANY_CHILDREN_TO_FEW: Readonly<Record<number, Goal>> = {
  50: atLeast(0.95),
  200: atLeast(0.9),
  500: atLeast(0.85),
};
/** The 99th percentile of the latency with the most children against that with 8. */
export const P99_OF_MOST_TO_FEW: Readonly<Record<number, Goal>> = { 500: atMost(2) };
/** Connections per second against Perl's Net::Server::PreForkSimple with as many children. */
export const MANY_CHILDREN_TO_PERL = { deno: atLeast(1.3), bun: atLeast(1.5) } as const;
/** The time of a fresh child's first 100 clients against that of as many once it is warm. */
export const FIRST_CLIENTS_TO_WARM = atMost(2);
/** Connections per second of one process against Perl's Net::Server::Multiplex. */
export const MULTIPLEX_TO_PERL = atLeast(1.5);
/** Connections per second with `max_clients` 256 against the same processes in `node:cluster`. */
export const MANY_CLIENTS_TO_CLUSTER = atLeast(0.9);
/** Memory of the children against as many bare runtimes. */
export const MEMORY_TO_BARE = { deno: atMost(1.1), bun: atMost(1.8) } as const;
/** Start to first greeting against the start and end of a bare runtime. */
export const FIRST_CLIENT_TO_BARE = atMost(3);
/** Start to 50 children against 50 bare runtimes started at once. */
export const ALL_READY_TO_BARE = atMost(1.2);
/** A HUP to the first greeting of a new child against the start and end of a bare runtime: 150 ms of 18, 80 of 7.4. */
export const RELOAD_TO_BARE = { deno: atMost(8.3), bun: atMost(10.8) } as const;

/** Clients per second, each with a program of its own, against tcpserver. */
export const EXEC_TO_TCPSERVER = atLeast(0.9);

/** The goal of a runtime in one of the tables above, if it has one there. */
export function goalOf(
  goals: Readonly<Partial<Record<"deno" | "bun", Goal>>>,
  runtime: "deno" | "bun" | undefined,
): Goal | undefined {
  return runtime && goals[runtime];
}

/** Holds the ratio against the goal, if there is one. */
export function judge(ratio: number, goal?: Goal): Verdict {
  if (goal === undefined) return { ratio };
  return { ratio, goal, reached: goal.sense === "≥" ? ratio >= goal.bound : ratio <= goal.bound };
}

function atLeast(bound: number): Goal {
  return { sense: "≥", bound };
}

function atMost(bound: number): Goal {
  return { sense: "≤", bound };
}
