/**
 * A wait set for many descriptors, each of which is waited for once at a time: an event disarms it, so that nobody has
 * to look at it again until it is waited for anew. Linux alone.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { errno, libc } from "./calls.ts";
import { constants as c } from "./constants.ts";
import { ENOENT, systemError } from "./errno.ts";
import type { WaitSet } from "./wait.ts";

const EPOLLIN = 1;
const EPOLLEXCLUSIVE = 1 << 28;
const EPOLLONESHOT = 1 << 30;
const EPOLLET = 1 << 31;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLL_CLOEXEC = 0o2000000;
const MAX_EVENTS = 256;

/** With epoll and EPOLLONESHOT (epoll_ctl(2)). */
export class OneShotSet implements WaitSet {
  readonly #fd: number;
  readonly #events = new Uint8Array(MAX_EVENTS * c.epollEventSize);
  readonly #view = new DataView(this.#events.buffer);
  readonly #event = new Uint8Array(c.epollEventSize);
  readonly #eventView = new DataView(this.#event.buffer);

  constructor() {
    this.#fd = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.#fd < 0) throw systemError("epoll_create1", "create an epoll set");
  }

  #control(operation: number, fd: number, events: number): number {
    this.#eventView.setUint32(0, events, true);
    this.#eventView.setInt32(c.epollDataOffset, fd, true);
    return libc.epoll_ctl(this.#fd, operation, fd, this.#event);
  }

  #add(fd: number, events: number): void {
    if (this.#control(EPOLL_CTL_ADD, fd, events) < 0) {
      throw systemError("epoll_ctl", `wait for descriptor ${fd}`);
    }
  }

  addShared(fd: number): void {
    this.#add(fd, EPOLLIN | EPOLLEXCLUSIVE);
  }

  add(fd: number): void {
    this.#add(fd, EPOLLIN);
  }

  /** Adds a descriptor that wakes every process that waits for it, once for each time it is written to. */
  addBell(fd: number): void {
    this.#add(fd, EPOLLIN | EPOLLET);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0);
  }

  /** Waits for `events` (of poll(2)) or an end on `fd`, until one of them has come; in place of what it waited for. */
  arm(fd: number, events: number): void {
    // A descriptor leaves the set when it is closed, and its number may come again.
    if (this.#control(EPOLL_CTL_MOD, fd, events | EPOLLONESHOT) >= 0) return;
    if (errno() !== ENOENT) throw systemError("epoll_ctl", `wait for descriptor ${fd}`);
    this.#add(fd, events | EPOLLONESHOT);
  }

  waitHere(timeoutMs: number): number {
    return libc.epoll_wait(this.#fd, this.#events, MAX_EVENTS, timeoutMs);
  }

  waitAway(): Promise<number> {
    return runtime.callBlocking("epoll_pwait", [this.#fd, this.#events, MAX_EVENTS, -1, null]);
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
