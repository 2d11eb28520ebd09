/**
 * The one table of personalities: what each is called, how it runs, and which options it takes.
 *
 * A personality is a row here and, in `lib/server/loops.ts`, the module that runs it. Its rules, where it has any, are
 * pure and stand beside this file.
 *
 * @module
 */

import { forkNumbers, PREFORK_NUMBERS, type SpareNumbers } from "./spare_numbers.ts";

/** A personality's name. */
export type PersonalityName =
  | "PreForkSimple"
  | "PreFork"
  | "Fork"
  | "Single"
  | "INET"
  | "Multiplex"
  | "MultiType"
  | "HTTP";

/** How a personality runs: with children that accept, in this process alone, or as one of the others. */
export type Running = "children" | "in_process" | "wrapper";

/** One personality. */
export interface Personality {
  /** Its name in Net::Server. Case does not matter where it is read. */
  readonly name: PersonalityName;
  /** How it runs. */
  readonly running: Running;
  /** Whether it binds ports. */
  readonly binds: boolean;
  /** The options that it takes beside the base's: whole groups, which are values of a row's `personality`, or keys. */
  readonly takes: readonly string[];
  /** Options of those groups that it does not take. */
  readonly omits?: readonly string[];
  /** The numbers of its children by default, if it keeps spares, on a machine with so many cores. */
  readonly spares?: (cores: number) => SpareNumbers;
  /** Defaults of its own, by the options' keys. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** PreFork's options for spare children, as far as Fork has a use for them. */
const FORK_SPARES = [
  "min_spare_servers",
  "max_spare_servers",
  "check_for_waiting",
  "check_for_spawn",
  "min_child_ttl",
] as const;

/** Every personality of Net::Server. */
export const PERSONALITY_TABLE: readonly Personality[] = [
  {
    name: "PreForkSimple",
    running: "children",
    binds: true,
    takes: ["PreForkSimple"],
  },
  {
    name: "PreFork",
    running: "children",
    binds: true,
    takes: ["PreForkSimple", "PreFork"],
    spares: () => PREFORK_NUMBERS,
  },
  {
    name: "Fork",
    running: "children",
    binds: true,
    takes: ["PreForkSimple", ...FORK_SPARES],
    omits: ["max_requests", "max_clients"],
    defaults: { max_requests: 1, check_for_dead: 60 },
    spares: forkNumbers,
  },
  {
    name: "Single",
    running: "in_process",
    binds: true,
    takes: [],
    omits: ["leave_children_open_on_hup", "no_close_by_child"],
  },
  {
    name: "INET",
    running: "in_process",
    binds: false,
    takes: [],
    // The super-server is the daemon; a process for each client shares no pid file with the others.
    omits: ["background", "setsid", "pid_file", "watch"],
  },
  {
    name: "Multiplex",
    running: "in_process",
    binds: true,
    takes: ["check_for_dequeue"],
    omits: ["leave_children_open_on_hup", "no_close_by_child"],
  },
  {
    name: "MultiType",
    running: "wrapper",
    binds: true,
    takes: [],
  },
  {
    name: "HTTP",
    running: "wrapper",
    binds: true,
    takes: ["HTTP"],
  },
];

/** The personalities' names, as `server_type` and the command line take them. */
export const PERSONALITIES: readonly PersonalityName[] = PERSONALITY_TABLE.map(({ name }) => name);

/** The name in the table's spelling; undefined if there is no such personality. */
export function findPersonality(name: string): PersonalityName | undefined {
  const wanted = name.toLowerCase();
  return PERSONALITIES.find((known) => known.toLowerCase() === wanted);
}

/** The row of a personality. */
export function personalityOf(name: PersonalityName): Personality {
  return PERSONALITY_TABLE.find((row) => row.name === name) as Personality;
}

/** A personality whose clients speak HTTP: it takes the options of that too, and has defaults for it. */
export function withHttp(personality: Personality, defaults: Readonly<Record<string, unknown>>): Personality {
  return {
    ...personality,
    takes: [...personality.takes, "HTTP"],
    defaults: { ...defaults, ...personality.defaults },
  };
}

/** Whether a personality takes an option. */
export function takesOption(
  personality: Personality,
  option: { readonly key: string; readonly personality: string },
): boolean {
  if (personality.omits?.includes(option.key)) return false;
  // server_type chose the personality: each takes it.
  return option.personality === "base" || option.personality === "MultiType" ||
    personality.takes.includes(option.personality) || personality.takes.includes(option.key);
}
