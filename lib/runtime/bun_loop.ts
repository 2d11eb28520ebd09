/**
 * Blocking on Bun's main thread without being deaf to its event loop.
 *
 * Whatever wants the loop's attention (a signal's listener above all, which may have been noticed by any thread)
 * makes the loop's own epoll descriptor readable and leaves it so until the loop has run. So that descriptor is
 * waited for together with what the caller asks for, and no wake-up can fall between the loop's last turn and the
 * wait.
 *
 * @module
 */

import process from "node:process";
import { BLOCKING_CALLS, type Calls, type CallTable } from "./runtime.ts";

/** The calls that this needs (Linux). */
export const LOOP_CALLS = {
  ppoll: BLOCKING_CALLS.ppoll,
  epoll_wait: { args: ["i32", "buffer", "i32", "i32"], result: "i32" }, // int epoll_wait(int, struct epoll_event *, int, int)
  readlink: { args: ["buffer", "buffer", "usize"], result: "i32" }, // ssize_t readlink(const char *, char *, size_t)
  epoll_ctl: { args: ["i32", "i32", "i32", "buffer"], result: "i32" }, // int epoll_ctl(int, int, int, struct epoll_event *)
} as const satisfies CallTable;

const POLLIN = 1;
const EPOLLIN = 1;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const POLLFD_SIZE = 8;
/** How far up the loop's descriptor is looked for: it is among the first that Bun opens. */
const HIGHEST = 64;

type Args = readonly (number | Uint8Array | null)[];

const EPOLL_SET = "anon_inode:[eventpoll]";

/** The lowest descriptor that is an epoll set; undefined where there is none, or no /proc to see it in. */
function findLoop(calls: Calls<typeof LOOP_CALLS>): number | undefined {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  // node:fs would be loaded for this alone: 1.6 ms of each child's start.
  const target = new Uint8Array(EPOLL_SET.length + 1);
  for (let fd = 3; fd < HIGHEST; fd++) {
    const length = calls.readlink(encoder.encode(`/proc/self/fd/${fd}\0`), target, target.length);
    if (length > 0 && decoder.decode(target.subarray(0, length)) === EPOLL_SET) return fd;
  }
  return undefined;
}

/** The event loop as something to wait for. */
export class EventLoop {
  /** The loop's epoll descriptor; undefined where it is not to be had, and nothing may block the main thread. */
  readonly fd: number | undefined;
  /** Whether the loop wanted attention when the last wait ended. */
  wantsTurn = false;
  readonly #calls: Calls<typeof LOOP_CALLS> | undefined;
  /** `struct epoll_event` with data that is no descriptor. It is packed on x86-64 only (epoll_ctl(2)). */
  readonly #event: Uint8Array;

  /** @param calls The calls, or undefined on a system without epoll. */
  constructor(calls: Calls<typeof LOOP_CALLS> | undefined) {
    this.#calls = calls;
    this.fd = calls && findLoop(calls);
    this.#event = new Uint8Array(process.arch === "x64" ? 12 : 16).fill(255);
    new DataView(this.#event.buffer).setUint32(0, EPOLLIN, true);
  }

  /** Whether the loop's event is among the first `count`: it alone has data that is all ones. */
  #isAmong(events: Uint8Array, count: number): boolean {
    const size = this.#event.length;
    for (let i = 1; i <= count; i++) if (events[i * size - 1] === 255) return true;
    return false;
  }

  /** `ppoll` with these arguments, which also ends, with no descriptor ready, when the loop wants attention. */
  ppoll([fds, count, timeout]: Args): number {
    const given = fds as Uint8Array;
    const bytes = new Uint8Array(given.length + POLLFD_SIZE);
    bytes.set(given);
    const view = new DataView(bytes.buffer);
    view.setInt32(given.length, this.fd as number, true);
    view.setInt16(given.length + 4, POLLIN, true);
    const calls = this.#calls as Calls<typeof LOOP_CALLS>;
    const result = calls.ppoll(bytes, (count as number) + 1, timeout as Uint8Array | null, null);
    this.wantsTurn = result < 0 || view.getInt16(given.length + 6, true) !== 0;
    if (result > 0) given.set(bytes.subarray(0, given.length));
    return result;
  }

  /** `epoll_pwait` with these arguments, which also ends, with an event of no descriptor's, when the loop wants. */
  epollWait([set, events, most, timeout]: Args): number {
    const calls = this.#calls as Calls<typeof LOOP_CALLS>;
    const loop = this.fd as number;
    // Only for this wait: the caller's looks in between must not see it.
    calls.epoll_ctl(set as number, EPOLL_CTL_ADD, loop, this.#event);
    const result = calls.epoll_wait(set as number, events as Uint8Array, most as number, timeout as number);
    calls.epoll_ctl(set as number, EPOLL_CTL_DEL, loop, this.#event);
    this.wantsTurn = result < 0 || this.#isAmong(events as Uint8Array, result);
    return result;
  }
}
