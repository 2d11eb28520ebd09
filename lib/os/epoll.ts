/**
 * Descriptors that are waited for together: with epoll on Linux, with poll elsewhere.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { errno, libc } from "./calls.ts";
import { isLinux, linux } from "./constants.ts";
import { ENOENT, systemError } from "./errno.ts";
import { POLLIN } from "./wait.ts";

/** How many events one wait finds at most, for a set of a few descriptors. */
const FEW_EVENTS = 16;
/** The same for a set that holds a descriptor for each client. */
export const MANY_EVENTS = 256;

const LONGEST_MS = 2 ** 31 - 1;

/** A set of descriptors. Events are those of poll(2), `POLLIN` and `POLLOUT`. */
export interface WaitSet {
  /** Whether a change is noticed by a wait that is under way; otherwise the waiter must be woken. */
  readonly isLive: boolean;
  /** Adds a descriptor that wakes this process whenever it is readable. */
  add(fd: number): void;
  /** Adds a descriptor that is shared with other processes: one of those that wait is woken, if the system can. */
  addShared(fd: number): void;
  /** Takes a descriptor out, before it is closed. */
  remove(fd: number): void;
  /** Watches `fd` for `events` in place of what it was watched for; for 0, not any more: so before it is closed. */
  watch(fd: number, events: number): void;
  /** How many have events within `timeoutMs`, holding this thread meanwhile; negative after a signal. */
  waitHere(timeoutMs: number): number;
  /** The same off the event loop; without a timeout, for as long as it takes. */
  waitAway(timeoutMs?: number): Promise<number>;
  /** Whether `fd` was among the first `count` that the last wait found. */
  has(fd: number, count: number): boolean;
  /** The descriptor of the event `index` of the last wait; negative where it is none of the set's. */
  fdAt(index: number): number;
  /** Its events; `POLLERR` and `POLLHUP` may be among them. */
  eventsAt(index: number): number;
  /** Closes the set. */
  close(): void;
}

/** How a set is made. */
export interface WaitSetOptions {
  /** How many events one wait finds at most. Default: enough for a few descriptors. */
  readonly maxEvents?: number;
}

/** A wait set of the best kind that this system has. */
export function createWaitSet(options: WaitSetOptions = {}): WaitSet {
  return isLinux ? new Epoll(options) : new PollSet();
}

/** A timeout as poll(2) and epoll_wait(2) take it; rounded up, since a wait that ends too early is one more turn. */
function milliseconds(timeoutMs: number): number {
  return timeoutMs === Infinity ? -1 : Math.min(Math.max(0, Math.ceil(timeoutMs)), LONGEST_MS);
}

/**
 * With epoll (epoll_ctl(2)) the cost of a wait does not grow with the number of descriptors, and of many processes that
 * wait for a shared one the kernel wakes one.
 */
export class Epoll implements WaitSet {
  readonly isLive = true;
  readonly #fd: number;
  readonly #maxEvents: number;
  readonly #events: Uint8Array;
  readonly #view: DataView;
  readonly #event = new Uint8Array(linux.epollEventSize);
  readonly #eventView = new DataView(this.#event.buffer);
  /** What the descriptors of {@linkcode watch} are watched for. */
  readonly #watched = new Map<number, number>();

  constructor({ maxEvents = FEW_EVENTS }: WaitSetOptions = {}) {
    this.#maxEvents = maxEvents;
    this.#events = new Uint8Array(maxEvents * linux.epollEventSize);
    this.#view = new DataView(this.#events.buffer);
    this.#fd = libc.epoll_create1(linux.EPOLL_CLOEXEC);
    if (this.#fd < 0) throw systemError("epoll_create1", "create an epoll set");
  }

  /** `epoll_ctl(2)`; negative where it fails. The bits that poll(2) has too are the same numbers. */
  #control(operation: number, fd: number, events: number): number {
    this.#eventView.setUint32(0, events, true);
    this.#eventView.setInt32(linux.epollDataOffset, fd, true);
    return libc.epoll_ctl(this.#fd, operation, fd, this.#event);
  }

  #mustControl(operation: number, fd: number, events: number): void {
    if (this.#control(operation, fd, events) < 0) throw systemError("epoll_ctl", `wait for descriptor ${fd}`);
  }

  add(fd: number): void {
    this.#mustControl(linux.EPOLL_CTL_ADD, fd, linux.EPOLLIN);
  }

  addShared(fd: number): void {
    this.#mustControl(linux.EPOLL_CTL_ADD, fd, linux.EPOLLIN | linux.EPOLLEXCLUSIVE);
  }

  /** Adds a descriptor that wakes every process that waits for it, once for each time it is written to. */
  addEdgeTriggered(fd: number): void {
    this.#mustControl(linux.EPOLL_CTL_ADD, fd, linux.EPOLLIN | linux.EPOLLET);
  }

  remove(fd: number): void {
    this.#watched.delete(fd);
    this.#control(linux.EPOLL_CTL_DEL, fd, 0);
  }

  watch(fd: number, events: number): void {
    const before = this.#watched.get(fd) ?? 0;
    if (before === events) return;
    const { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } = linux;
    this.#mustControl(
      before === 0 ? EPOLL_CTL_ADD : events === 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD,
      fd,
      events,
    );
    if (events === 0) this.#watched.delete(fd);
    else this.#watched.set(fd, events);
  }

  /**
   * Waits for `events` or an end on `fd` until one of them has come, in place of what it waited for: an event disarms it,
   * so that it is not reported again until it is waited for again.
   */
  arm(fd: number, events: number): void {
    // A descriptor leaves the set when it is closed, and its number may come again.
    if (this.#control(linux.EPOLL_CTL_MOD, fd, events | linux.EPOLLONESHOT) >= 0) return;
    if (errno() !== ENOENT) throw systemError("epoll_ctl", `wait for descriptor ${fd}`);
    this.#mustControl(linux.EPOLL_CTL_ADD, fd, events | linux.EPOLLONESHOT);
  }

  waitHere(timeoutMs: number): number {
    return libc.epoll_wait(this.#fd, this.#events, this.#maxEvents, milliseconds(timeoutMs));
  }

  waitAway(timeoutMs = Infinity): Promise<number> {
    const timeout = milliseconds(timeoutMs);
    return runtime.callBlocking("epoll_pwait", [this.#fd, this.#events, this.#maxEvents, timeout, null]);
  }

  has(fd: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.fdAt(i) === fd) return true;
    return false;
  }

  fdAt(index: number): number {
    return this.#view.getInt32(index * linux.epollEventSize + linux.epollDataOffset, true);
  }

  eventsAt(index: number): number {
    return this.#view.getUint32(index * linux.epollEventSize, true);
  }

  close(): void {
    libc.close(this.#fd);
  }
}

const POLLFD_SIZE = 8;

/**
 * With poll, where there is no epoll. Every process that waits for a shared descriptor is woken: good enough behind a
 * serializer, where only one waits.
 */
export class PollSet implements WaitSet {
  readonly isLive = false;
  readonly #watched = new Map<number, number>();
  #ready: { fd: number; events: number }[] = [];

  add(fd: number): void {
    this.watch(fd, POLLIN);
  }

  addShared(fd: number): void {
    this.watch(fd, POLLIN);
  }

  remove(fd: number): void {
    this.watch(fd, 0);
  }

  watch(fd: number, events: number): void {
    if (events === 0) this.#watched.delete(fd);
    else this.#watched.set(fd, events);
  }

  waitHere(timeoutMs: number): number {
    const bytes = this.#descriptors();
    libc.poll(bytes, this.#watched.size, milliseconds(timeoutMs));
    return this.#take(bytes);
  }

  async waitAway(timeoutMs = Infinity): Promise<number> {
    const bytes = this.#descriptors();
    await runtime.callBlocking("poll", [bytes, this.#watched.size, milliseconds(timeoutMs)]);
    return this.#take(bytes);
  }

  #descriptors(): Uint8Array {
    // Of an empty array Bun has no address.
    const bytes = new Uint8Array(POLLFD_SIZE * Math.max(1, this.#watched.size));
    const view = new DataView(bytes.buffer);
    let offset = 0;
    for (const [fd, events] of this.#watched) {
      view.setInt32(offset, fd, true);
      view.setInt16(offset + 4, events, true);
      offset += POLLFD_SIZE;
    }
    return bytes;
  }

  #take(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer);
    this.#ready = [];
    for (let offset = 0; offset < bytes.length; offset += POLLFD_SIZE) {
      const events = view.getInt16(offset + 6, true);
      if (events !== 0) this.#ready.push({ fd: view.getInt32(offset, true), events });
    }
    return this.#ready.length;
  }

  has(fd: number): boolean {
    return this.#ready.some((ready) => ready.fd === fd);
  }

  fdAt(index: number): number {
    return this.#ready[index]?.fd ?? -1;
  }

  eventsAt(index: number): number {
    return this.#ready[index]?.events ?? 0;
  }

  close(): void {}
}
