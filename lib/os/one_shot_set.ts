/**
 * A wait set for many descriptors, each of which is waited for once at a time: an event disarms it, so that nobody has
 * to look at it again until it is waited for anew. Linux alone.
 *
 * @module
 */

import { errno } from "./calls.ts";
import { ENOENT, systemError } from "./errno.ts";
import { EpollSet } from "./wait.ts";

const EPOLLIN = 1;
const EPOLLONESHOT = 1 << 30;
const EPOLLET = 1 << 31;
const EPOLL_CTL_MOD = 3;
const MAX_EVENTS = 256;

/** With epoll and EPOLLONESHOT (epoll_ctl(2)). */
export class OneShotSet extends EpollSet {
  constructor() {
    super(MAX_EVENTS);
  }

  /** Adds a descriptor that wakes every process that waits for it, once for each time it is written to. */
  addBroadcast(fd: number): void {
    this.addFor(fd, EPOLLIN | EPOLLET);
  }

  /** Waits for `events` (of poll(2)) or an end on `fd`, until one of them has come; in place of what it waited for. */
  arm(fd: number, events: number): void {
    // A descriptor leaves the set when it is closed, and its number may come again.
    if (this.control(EPOLL_CTL_MOD, fd, events | EPOLLONESHOT) >= 0) return;
    if (errno() !== ENOENT) throw systemError("epoll_ctl", `wait for descriptor ${fd}`);
    this.addFor(fd, events | EPOLLONESHOT);
  }
}
