/**
 * What a server has done since its first start, beyond what its present children tell: in the last bytes of its status
 * file, so that a reload loses nothing of it. The parent writes, other processes read.
 *
 * A child that has ended is taken out of the scoreboard and added here. A reader sees both before that or both after it:
 * a number that is odd meanwhile, and another one afterwards, has it look again (a seqlock).
 *
 * @module
 */

import { SIGNAL_NUMBERS } from "../os/constants.ts";
import { signalName } from "../os/process.ts";

/** How a child ended. */
export type Death =
  /** With status 0. */
  | "ended"
  /** With another status. */
  | "failed"
  /** By the SIGKILL of a parent that had waited for its end for `stop_timeout`. */
  | "timeout"
  /** Another process has taken its ending. */
  | "unknown"
  /** By any other signal. */
  | `SIG${string}`;

/** How many children have ended, by reason. */
export interface Deaths {
  /** By themselves or because they were told to, with exit status 0. */
  readonly ended: number;
  /** With another exit status. */
  readonly failed: number;
  /** Killed by the parent, because they had not ended within `stop_timeout`. */
  readonly timeout: number;
  /** By whatever: the system did not tell. */
  readonly unknown: number;
  /** Killed by any other signal, by its name (`SIGSEGV`). */
  readonly signals: Readonly<Record<string, number>>;
}

/** What is counted. */
export interface Counts {
  /** Clients of children that have ended, or of a server without children. */
  readonly clients: number;
  /** How many of them were denied. */
  readonly denied: number;
  readonly deaths: Deaths;
}

/** Bytes of the totals. */
export const TOTALS_SIZE = 1024;

/** Where the number that changes with the others is, counted in 32-bit words: the second of 64 bits. */
const SEQUENCE = 2;
/** Where each other number is, counted in 64-bit words. */
const PLACE = {
  mark: 0,
  clients: 2,
  denied: 3,
  ended: 4,
  failed: 5,
  timeout: 6,
  unknown: 7,
} as const;
/** Signals by their numbers, up to the last one of Linux; 0 for one that has no number here. */
const FIRST_SIGNAL = 16;
const SIGNALS = 65;
/** Says that there are totals, and in which form. */
const MARK = 0x71e_0001;

/** The server's side. */
export class Totals {
  readonly #numbers: Float64Array;
  readonly #words: Int32Array;

  /** @param memory {@linkcode TOTALS_SIZE} bytes behind `offset`: those from before a restart, or zeros. */
  constructor(memory: ArrayBuffer, offset: number) {
    this.#numbers = new Float64Array(memory, offset, TOTALS_SIZE / 8);
    this.#words = new Int32Array(memory, offset, TOTALS_SIZE / 4);
    if (this.#numbers[PLACE.mark] === MARK) return;
    this.#numbers.fill(0);
    this.#numbers[PLACE.mark] = MARK;
  }

  #add(place: number, by: number): void {
    this.#numbers[place] = (this.#numbers[place] as number) + by;
  }

  /** Changes what readers must see the whole of, or nothing. */
  change(make: () => void): void {
    // Atomic, so that no processor shows the changes before the one or after the other.
    Atomics.add(this.#words, SEQUENCE, 1);
    try {
      make();
    } finally {
      Atomics.add(this.#words, SEQUENCE, 1);
    }
  }

  /** A server without children took a client. */
  took(): void {
    this.#add(PLACE.clients, 1);
  }

  /** It denied one that it took. */
  deniedOne(): void {
    this.#add(PLACE.denied, 1);
  }

  /**
   * A child has ended: what it told of itself counts here from now on.
   *
   * @param release Takes it out of its scoreboard.
   */
  childEnded(
    child: { readonly requests: number; readonly denied: number },
    death: Death,
    release: () => void,
  ): void {
    this.change(() => {
      this.#add(PLACE.clients, child.requests);
      this.#add(PLACE.denied, child.denied);
      this.#add(
        death.startsWith("SIG") ? placeOfSignal(death) : PLACE[death as Exclude<Death, `SIG${string}`>],
        1,
      );
      release();
    });
  }
}

function placeOfSignal(name: string): number {
  return FIRST_SIGNAL + (SIGNAL_NUMBERS[name] ?? 0);
}

/** The totals of a server, and the number by which a change of them shows; odd while there is one. */
export interface ToldTotals {
  readonly sequence: number;
  readonly counts: Counts;
}

/** A count of another process, which may be anybody's. */
function count(value: number | undefined): number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** The totals in the last bytes of a status file; undefined if there are none, as an older server has none. Pure. */
export function readTotals(statusFile: Uint8Array): ToldTotals | undefined {
  if (statusFile.length < TOTALS_SIZE) return undefined;
  const { buffer } = statusFile.slice(-TOTALS_SIZE);
  const numbers = new Float64Array(buffer);
  if (numbers[PLACE.mark] !== MARK) return undefined;
  const signals: Record<string, number> = {};
  for (let number = 0; number < SIGNALS; number++) {
    const times = count(numbers[FIRST_SIGNAL + number]);
    if (times > 0) signals[number === 0 ? "another" : signalName(number)] = times;
  }
  const at = (place: number) => count(numbers[place]);
  return {
    sequence: new Int32Array(buffer)[SEQUENCE] as number,
    counts: {
      clients: at(PLACE.clients),
      denied: at(PLACE.denied),
      deaths: {
        ended: at(PLACE.ended),
        failed: at(PLACE.failed),
        timeout: at(PLACE.timeout),
        unknown: at(PLACE.unknown),
        signals,
      },
    },
  };
}
