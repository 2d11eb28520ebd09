/**
 * Requests that are wrong in some way, or nearly: mutations of the corpus, the same at each run.
 *
 * @module
 */

import { readExchanges } from "./exchanges.ts";

const PIECES = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "\0",
  "\x0b",
  "\x7f",
  "\xff",
  "0",
  "1",
  "f",
  "#",
  "/",
  "HTTP/1.0",
  "HTTP/1.1",
  "chunked",
  "Content-Length: 3\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Connection: keep-alive\r\n",
  "Connection: close\r\n",
  "Host: x\r\n",
  "0\r\n\r\n",
  "3\r\nabc\r\n",
  "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
] as const;

/** Numbers that only look random: a linear congruential generator (Numerical Recipes). */
class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(count: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor(this.#state / 2 ** 32 * count);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** So many mutations, each a byte a character. */
export function mutations(count: number, seed: number): string[] {
  const numbers = new Numbers(seed);
  const seeds = readExchanges().map(({ sent }) => sent).filter((sent) => sent.length < 500);
  const mutate = (text: string): string => {
    const at = numbers.below(text.length + 1);
    switch (numbers.below(6)) {
      case 0:
        return text.slice(0, at) + numbers.of(PIECES) + text.slice(at);
      case 1:
        return text.slice(0, at) + numbers.of(PIECES) + text.slice(at + 1);
      case 2:
        return text.slice(0, at) + text.slice(at + 1 + numbers.below(3));
      case 3:
        return text.slice(0, at) + String.fromCharCode(numbers.below(256)) +
          text.slice(at + numbers.below(2));
      case 4: {
        const end = at + numbers.below(text.length - at + 1);
        return text.slice(0, end) + text.slice(at, end) + text.slice(end);
      }
      default: {
        const other = numbers.of(seeds);
        return text.slice(0, at) + other.slice(numbers.below(other.length));
      }
    }
  };
  return Array.from({ length: count }, () => {
    let text = numbers.of(seeds);
    for (let left = 1 + numbers.below(3); left > 0; left--) text = mutate(text);
    return text === "" ? " " : text;
  });
}
