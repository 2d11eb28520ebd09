/**
 * The four numbers of a personality that keeps spare children: their defaults, and what contradicts what. Pure.
 *
 * @module
 */

/** How many children there may be. */
export interface SpareNumbers {
  /** Children at least; 0 where the personality has no such number. */
  readonly minServers: number;
  /** Children that wait for clients, at least. */
  readonly minSpareServers: number;
  /** Children that wait for clients, at most. */
  readonly maxSpareServers: number;
  /** Children at most. */
  readonly maxServers: number;
}

/** The options of these numbers, by their keys. */
export const NUMBER_KEYS = {
  minServers: "min_servers",
  minSpareServers: "min_spare_servers",
  maxSpareServers: "max_spare_servers",
  maxServers: "max_servers",
} as const satisfies Record<keyof SpareNumbers, string>;

/** The numbers in Net::Server::PreFork's manual. */
export const PREFORK_NUMBERS: SpareNumbers = {
  minServers: 5,
  minSpareServers: 2,
  maxSpareServers: 10,
  maxServers: 50,
};

/**
 * The numbers in force: a default that would contradict what was given gives way to it. Net::Server means to do so,
 * and by an error in its code takes `min_servers` for the default of `min_spare_servers`.
 */
export function fillNumbers(given: Partial<SpareNumbers>, defaults: SpareNumbers): SpareNumbers {
  const maxServers = given.maxServers ?? defaults.maxServers;
  const minServers = given.minServers ?? Math.min(defaults.minServers, maxServers);
  const hasMinimum = minServers > 0;
  const maxSpareServers = given.maxSpareServers ??
    Math.min(defaults.maxSpareServers, maxServers - (hasMinimum ? 1 : 0));
  const minSpareServers = given.minSpareServers ??
    Math.min(defaults.minSpareServers, hasMinimum ? minServers : Infinity, maxSpareServers);
  return { minServers, minSpareServers, maxSpareServers, maxServers };
}

/** Two numbers that do not go together: the first may not be above the second, or `strictly` not equal to it either. */
export interface Contradiction {
  readonly low: keyof SpareNumbers;
  readonly high: keyof SpareNumbers;
  readonly strictly: boolean;
}

const ORDER: readonly Contradiction[] = [
  { low: "maxSpareServers", high: "maxServers", strictly: true },
  { low: "minServers", high: "maxServers", strictly: false },
  { low: "minSpareServers", high: "minServers", strictly: false },
  { low: "minSpareServers", high: "maxSpareServers", strictly: false },
];

/** The first contradiction; undefined if there is none. */
export function findContradiction(numbers: SpareNumbers): Contradiction | undefined {
  return ORDER.find(({ low, high, strictly }) => {
    // Only where there is a minimum do children come and go above it.
    if (numbers.minServers === 0 && (high === "minServers" || strictly)) return false;
    return numbers[low] > numbers[high] || (strictly && numbers[low] === numbers[high]);
  });
}

/**
 * Fork's numbers: spares alone, of which each client takes one. A start keeps a core busy for its whole time, so that at
 * any rate that the machine can bear about one child a core is on its way; another one a core is there for a burst.
 *
 * @param cores How many cores the machine has.
 */
export function forkNumbers(cores: number): SpareNumbers {
  return { minServers: 0, minSpareServers: 2 * cores, maxSpareServers: 4 * cores, maxServers: 256 };
}
