/**
 * Waiting for descriptors: a look, a short wait on this thread, and a long one off it.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { libc } from "./calls.ts";
import { constants as c, isLinux } from "./constants.ts";
import { systemError } from "./errno.ts";

export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;

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

const PATIENT_WAIT_MS = 4;

/** The same where the process has nothing else to do, so that only its signals and timers are held up. */
export const IDLE_WAIT_MS = 20;

/**
 * How long the next short wait may be, by what came of those before. Where more processes want to run than there are
 * processors, a peer answers after a few milliseconds, and a hop to another thread would only add to the work.
 */
export class Patience {
  readonly #longestMs: number;
  #ms = SHORT_WAIT_MS;

  /** @param longestMs How long a wait may hold the main thread where that is likely to be rewarded. */
  constructor(longestMs = PATIENT_WAIT_MS) {
    this.#longestMs = longestMs;
  }

  /** Milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /** A short wait for `events` on `fd`: whether they came. */
  look(fd: number, events: number): boolean {
    if (pollHere(fd, events, this.#ms)) return true;
    this.inVain();
    return false;
  }

  /** A short wait came to nothing. */
  inVain(): void {
    this.#ms = SHORT_WAIT_MS;
  }

  /** A long wait, which follows one in vain: had it been short, there should be patience next time. */
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

const EPOLLIN = 1;
const EPOLLEXCLUSIVE = 1 << 28; // Linux 4.5
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CLOEXEC = 0o2000000;
const MAX_EVENTS = 16;

/** A set of descriptors that are waited for together. */
export interface WaitSet {
  /** Adds a descriptor that is shared with other processes: one of those that wait is woken, if the system can. */
  addShared(fd: number): void;
  /** Adds a descriptor that wakes this process whenever it is readable. */
  add(fd: number): void;
  /** Takes a descriptor out. */
  remove(fd: number): void;
  /** How many are readable within `timeoutMs`, holding this thread meanwhile; negative after a signal. */
  waitHere(timeoutMs: number): number;
  /** The same off the event loop, for as long as it takes. */
  waitAway(): Promise<number>;
  /** Whether `fd` was among the first `count` that the last wait found. */
  has(fd: number, count: number): boolean;
  /** Closes the set. */
  close(): void;
}

/** A wait set of the best kind that this system has. */
export function createWaitSet(): WaitSet {
  return isLinux ? new EpollSet() : new PollSet();
}

/** With epoll, of many processes that wait for a shared descriptor the kernel wakes one (Linux). */
export class EpollSet implements WaitSet {
  readonly #fd: number;
  readonly #maxEvents: number;
  readonly #events: Uint8Array;
  readonly #view: DataView;
  readonly #event = new Uint8Array(c.epollEventSize);
  readonly #eventView = new DataView(this.#event.buffer);

  /** @param maxEvents How many events one wait finds at most. */
  constructor(maxEvents = MAX_EVENTS) {
    this.#maxEvents = maxEvents;
    this.#events = new Uint8Array(maxEvents * c.epollEventSize);
    this.#view = new DataView(this.#events.buffer);
    this.#fd = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.#fd < 0) throw systemError("epoll_create1", "create an epoll set");
  }

  /** `epoll_ctl(2)`; negative where it fails. */
  protected control(operation: number, fd: number, events: number): number {
    this.#eventView.setUint32(0, events, true);
    this.#eventView.setInt32(c.epollDataOffset, fd, true);
    return libc.epoll_ctl(this.#fd, operation, fd, this.#event);
  }

  /** Adds a descriptor that is waited for in the way that `events` says. */
  protected addFor(fd: number, events: number): void {
    if (this.control(EPOLL_CTL_ADD, fd, events) < 0) {
      throw systemError("epoll_ctl", `wait for descriptor ${fd}`);
    }
  }

  addShared(fd: number): void {
    this.addFor(fd, EPOLLIN | EPOLLEXCLUSIVE);
  }

  add(fd: number): void {
    this.addFor(fd, EPOLLIN);
  }

  remove(fd: number): void {
    this.control(EPOLL_CTL_DEL, fd, 0);
  }

  waitHere(timeoutMs: number): number {
    return libc.epoll_wait(this.#fd, this.#events, this.#maxEvents, timeoutMs);
  }

  waitAway(): Promise<number> {
    return runtime.callBlocking("epoll_pwait", [this.#fd, this.#events, this.#maxEvents, -1, null]);
  }

  /** The descriptor of the event `index` of the last wait; negative where it is none of the set's. */
  fdAt(index: number): number {
    return this.#view.getInt32(index * c.epollEventSize + c.epollDataOffset, true);
  }

  /** Its events, as poll(2) has them. */
  eventsAt(index: number): number {
    return this.#view.getUint32(index * c.epollEventSize, true);
  }

  has(fd: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.fdAt(i) === fd) return true;
    return false;
  }

  close(): void {
    libc.close(this.#fd);
  }
}

/** With poll every process that waits is woken: good enough behind a serializer, where only one waits. */
class PollSet implements WaitSet {
  readonly #fds: number[] = [];
  #ready: boolean[] = [];

  addShared(fd: number): void {
    this.#fds.push(fd);
  }

  add(fd: number): void {
    this.#fds.push(fd);
  }

  remove(fd: number): void {
    this.#fds.splice(this.#fds.indexOf(fd), 1);
  }

  waitHere(timeoutMs: number): number {
    this.#ready = this.#fds.map((fd, i) => pollHere(fd, POLLIN, i === 0 ? timeoutMs : 0));
    return this.#ready.filter(Boolean).length;
  }

  async waitAway(): Promise<number> {
    this.#ready = await pollAway(this.#fds.map((fd) => ({ fd, events: POLLIN })), -1);
    return this.#ready.filter(Boolean).length;
  }

  has(fd: number): boolean {
    return this.#ready[this.#fds.indexOf(fd)] === true;
  }

  close(): void {}
}
