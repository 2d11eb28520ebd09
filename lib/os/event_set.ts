/**
 * Many descriptors waited for together, each for reading, for writing, or for both.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { libc } from "./calls.ts";
import { constants as c, isLinux } from "./constants.ts";
import { systemError } from "./errno.ts";

/** Descriptors and what each is watched for. The events are those of poll(2), `POLLIN` and `POLLOUT`. */
export interface EventSet {
  /** Whether a change is noticed by a wait that is under way; otherwise the waiter must be woken. */
  readonly isLive: boolean;
  /** Watches `fd` for `events` in place of what it was watched for; for 0, not any more: so before it is closed. */
  watch(fd: number, events: number): void;
  /** How many have events within `timeoutMs`, holding this thread meanwhile; 0 or less if none. */
  waitHere(timeoutMs: number): number;
  /** The same off the event loop; Infinity is for as long as it takes. */
  waitAway(timeoutMs: number): Promise<number>;
  /** The descriptor of the event `index` of the last wait; negative where it is none of the set's. */
  fdAt(index: number): number;
  /** Its events; `POLLERR` and `POLLHUP` may be among them. */
  eventsAt(index: number): number;
  /** Closes the set. */
  close(): void;
}

/** An event set of the best kind that this system has. */
export function createEventSet(): EventSet {
  return isLinux ? new EpollEventSet() : new PollEventSet();
}

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const MAX_EVENTS = 256;
const LONGEST_MS = 2 ** 31 - 1;

/** A timeout as poll(2) and epoll_wait(2) take it; rounded up, since a wait that ends too early is one more turn. */
function milliseconds(timeoutMs: number): number {
  return timeoutMs === Infinity ? -1 : Math.min(Math.max(0, Math.ceil(timeoutMs)), LONGEST_MS);
}

/** With epoll, the cost of a wait does not grow with the number of descriptors (Linux). */
export class EpollEventSet implements EventSet {
  readonly isLive = true;
  readonly #fd: number;
  readonly #watched = new Map<number, number>();
  readonly #events = new Uint8Array(MAX_EVENTS * c.epollEventSize);
  readonly #view = new DataView(this.#events.buffer);
  readonly #event = new Uint8Array(c.epollEventSize);
  readonly #eventView = new DataView(this.#event.buffer);

  constructor() {
    this.#fd = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.#fd < 0) throw systemError("epoll_create1", "create an epoll set");
  }

  watch(fd: number, events: number): void {
    const before = this.#watched.get(fd) ?? 0;
    if (before === events) return;
    const operation = before === 0 ? EPOLL_CTL_ADD : events === 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    // The bits that poll(2) and epoll_ctl(2) share are the same numbers.
    this.#eventView.setUint32(0, events, true);
    this.#eventView.setInt32(c.epollDataOffset, fd, true);
    if (libc.epoll_ctl(this.#fd, operation, fd, this.#event) < 0) {
      throw systemError("epoll_ctl", `wait for descriptor ${fd}`);
    }
    if (events === 0) this.#watched.delete(fd);
    else this.#watched.set(fd, events);
  }

  waitHere(timeoutMs: number): number {
    return libc.epoll_wait(this.#fd, this.#events, MAX_EVENTS, milliseconds(timeoutMs));
  }

  waitAway(timeoutMs: number): Promise<number> {
    const timeout = milliseconds(timeoutMs);
    return runtime.callBlocking("epoll_pwait", [this.#fd, this.#events, MAX_EVENTS, timeout, null]);
  }

  fdAt(index: number): number {
    return this.#view.getInt32(index * c.epollEventSize + c.epollDataOffset, true);
  }

  eventsAt(index: number): number {
    return this.#view.getUint32(index * c.epollEventSize, true);
  }

  close(): void {
    libc.close(this.#fd);
  }
}

const POLLFD_SIZE = 8;

/** With poll, where there is no epoll. */
export class PollEventSet implements EventSet {
  readonly isLive = false;
  readonly #watched = new Map<number, number>();
  #ready: { fd: number; events: number }[] = [];

  watch(fd: number, events: number): void {
    if (events === 0) this.#watched.delete(fd);
    else this.#watched.set(fd, events);
  }

  waitHere(timeoutMs: number): number {
    const bytes = this.#descriptors();
    libc.poll(bytes, this.#watched.size, milliseconds(timeoutMs));
    return this.#take(bytes);
  }

  async waitAway(timeoutMs: number): Promise<number> {
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

  fdAt(index: number): number {
    return this.#ready[index]?.fd ?? -1;
  }

  eventsAt(index: number): number {
    return this.#ready[index]?.events ?? 0;
  }

  close(): void {}
}
