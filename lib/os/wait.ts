/**
 * Waiting for descriptors: a look, a short wait on this thread, and a long one off it.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { libc } from "./calls.ts";
import { constants, isLinux } from "./constants.ts";

/** The events of poll(2). */
export const { POLLIN, POLLOUT, POLLERR, POLLHUP } = constants;

/**
 * How long a wait may hold the main thread before it moves off it. Most peers answer within this time, and a wait
 * here costs one system call, where a hop to another thread and back costs some 40 µs.
 */
export const SHORT_WAIT_MS = 1;

const pollBytes = new Uint8Array(8);
const pollView = new DataView(pollBytes.buffer);

/** Whether one of `events` (or an end) is there on `fd` within `timeoutMs`, holding this thread meanwhile. */
export function pollHere(fd: number, events: number, timeoutMs: number): boolean {
  pollView.setInt32(0, fd, true);
  pollView.setInt32(4, events, true); // events and, in the upper half, revents = 0
  return libc.poll(pollBytes, 1, timeoutMs) > 0;
}

/** Which of `fds` are readable now, or at their end, by their place in the list: one system call for all. */
export function readableAmong(fds: readonly number[]): readonly number[] {
  if (fds.length === 0) return []; // Bun takes no empty buffer
  const bytes = new Uint8Array(8 * fds.length);
  const view = new DataView(bytes.buffer);
  fds.forEach((fd, i) => {
    view.setInt32(8 * i, fd, true);
    view.setInt16(8 * i + 4, POLLIN, true);
  });
  if (libc.poll(bytes, fds.length, 0) <= 0) return [];
  return [...fds.keys()].filter((i) => view.getInt16(8 * i + 6, true) !== 0);
}

const LONG_SPIN_MS = 4;

/** The same where the process has nothing else to do, so that only its signals and timers are held up. */
export const IDLE_WAIT_MS = 20;

/**
 * How long the next short wait may be, by what came of those before. Where more processes want to run than there are
 * processors, a peer answers after a few milliseconds, and a hop to another thread would only add to the work.
 */
export class AdaptiveSpin {
  readonly #longestMs: number;
  #ms = SHORT_WAIT_MS;

  /** @param longestMs How long a wait may hold the main thread where that is likely to be rewarded. */
  constructor(longestMs = LONG_SPIN_MS) {
    this.#longestMs = longestMs;
  }

  /** Milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /** A short wait for `events` on `fd`: whether they came. */
  look(fd: number, events: number): boolean {
    if (pollHere(fd, events, this.#ms)) return true;
    this.missed();
    return false;
  }

  /** A short wait came to nothing. */
  missed(): void {
    this.#ms = SHORT_WAIT_MS;
  }

  /** A long wait, which follows a missed one. If it was short after all, the next spin is long. */
  async learn<T>(wait: Promise<T>): Promise<T> {
    const since = performance.now();
    const result = await wait;
    if (performance.now() - since < this.#longestMs) this.#ms = this.#longestMs;
    return result;
  }
}

/**
 * Waits, off the event loop, until one of `descriptors` has one of `events`; the result says which do, in order.
 * All are false after `timeoutMs` (negative: none) or after a signal.
 */
export async function pollAway(
  descriptors: readonly { fd: number; events: number }[],
  timeoutMs: number,
): Promise<boolean[]> {
  // Bun takes no empty buffer, and poll(2) no notice of a descriptor below 0.
  const asked = descriptors.length === 0 ? [{ fd: -1, events: 0 }] : descriptors;
  const bytes = new Uint8Array(8 * asked.length);
  const view = new DataView(bytes.buffer);
  asked.forEach(({ fd, events }, i) => {
    view.setInt32(8 * i, fd, true);
    view.setInt16(8 * i + 4, events, true);
  });
  if (isLinux) {
    let timeout: Uint8Array | null = null;
    if (timeoutMs >= 0) {
      const seconds = Math.floor(timeoutMs / 1000);
      timeout = new Uint8Array(
        BigInt64Array.of(BigInt(seconds), BigInt(Math.round((timeoutMs - seconds * 1000) * 1e6))).buffer,
      );
    }
    await runtime.callBlocking("ppoll", [bytes, asked.length, timeout, null]);
  } else {
    await runtime.callBlocking("poll", [
      bytes,
      asked.length,
      timeoutMs < 0 ? -1 : Math.ceil(timeoutMs),
    ]);
  }
  return descriptors.map((_, i) => view.getInt16(8 * i + 6, true) !== 0);
}

/** Waits for one descriptor: whether one of `events` or an end came within `timeoutMs` (negative: no limit). */
export type WaitFor = (fd: number, events: number, timeoutMs: number) => Promise<boolean>;

/** Waits for one descriptor by itself, off the event loop. */
export async function waitForOne(fd: number, events: number, timeoutMs: number): Promise<boolean> {
  const end = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs;
  for (;;) {
    const left = end === Infinity ? -1 : end - performance.now();
    if (end !== Infinity && left <= 0) return false;
    const [ready] = await pollAway([{ fd, events }], left);
    if (ready) return true;
  }
}
