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
import { constantsOf, linuxConstantsOf } from "../kernel_constants.ts";
import { BLOCKING_CALLS, type BlockingCall, type Calls, type CallTable } from "./runtime.ts";

/** The calls that this needs (Linux). */
export const LOOP_CALLS = {
  ppoll: BLOCKING_CALLS.ppoll,
  epoll_wait: { args: ["i32", "buffer", "i32", "i32"], result: "i32" }, // int epoll_wait(int, struct epoll_event *, int, int)
  open: { args: ["buffer", "i32", "i32"], result: "i32" }, // int open(const char *, int, ...)
  read: { args: ["i32", "buffer", "usize"], result: "i32" }, // ssize_t read(int, void *, size_t)
  close: { args: ["i32"], result: "i32" }, // int close(int)
  readlink: { args: ["buffer", "buffer", "usize"], result: "i32" }, // ssize_t readlink(const char *, char *, size_t)
  epoll_ctl: { args: ["i32", "i32", "i32", "buffer"], result: "i32" }, // int epoll_ctl(int, int, int, struct epoll_event *)
} as const satisfies CallTable;

const { POLLIN, O_CLOEXEC } = constantsOf("linux", process.arch);
const { EPOLLIN, EPOLL_CTL_ADD, EPOLL_CTL_DEL, epollEventSize } = linuxConstantsOf(process.arch);
const POLLFD_SIZE = 8;
/** How far up the loop's descriptor is looked for: it is among the first that Bun opens. */
const HIGHEST = 64;

type Args = readonly (number | Uint8Array | null)[];

/** What is waited for: `epoll_pwait` or `ppoll`, and its arguments. */
export interface Wait {
  readonly call: BlockingCall;
  readonly args: Args;
}

/** A `struct timespec` of no time. */
const noTime = new Uint8Array(16);

// node:fs would be loaded for these alone: 1.6 ms of each child's start.
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where a link of this process's in /proc leads; an empty text where there is none. */
function linkOf(calls: Calls<typeof LOOP_CALLS>, fd: number): string {
  const target = new Uint8Array(32);
  const length = calls.readlink(encoder.encode(`/proc/self/fd/${fd}\0`), target, target.length);
  return decoder.decode(target.subarray(0, Math.max(0, length)));
}

/** The lowest descriptor that is an epoll set; undefined where there is none, or no /proc to see it in. */
function findLoop(calls: Calls<typeof LOOP_CALLS>): number | undefined {
  for (let fd = 3; fd < HIGHEST; fd++) if (linkOf(calls, fd) === "anon_inode:[eventpoll]") return fd;
  return undefined;
}

/** The event counter in the loop's set by which other threads and signals wake it (proc(5), fdinfo). */
function findWaker(calls: Calls<typeof LOOP_CALLS>, loop: number): number | undefined {
  const file = calls.open(encoder.encode(`/proc/self/fdinfo/${loop}\0`), O_CLOEXEC, 0);
  if (file < 0) return undefined;
  const text = new Uint8Array(4096);
  const length = calls.read(file, text, text.length);
  calls.close(file);
  const watched = decoder.decode(text.subarray(0, Math.max(0, length))).matchAll(/^tfd: *(\d+)/gm);
  return [...watched].map(([, fd]) => Number(fd)).find((fd) => linkOf(calls, fd) === "anon_inode:[eventfd]");
}

/** The event loop as something to wait for. */
export class EventLoop {
  /** The loop's epoll descriptor; undefined where it cannot be found, and nothing may block the main thread. */
  readonly fd: number | undefined;
  /** Whether the loop wanted attention when the last wait ended. */
  wantsTurn = false;
  readonly #calls: Calls<typeof LOOP_CALLS> | undefined;
  readonly #waker: number | undefined;
  readonly #count = new Uint8Array(8);
  /** `struct epoll_event` with data that is no descriptor. */
  readonly #event: Uint8Array;

  /** @param calls The calls, or undefined on a system without epoll. */
  constructor(calls: Calls<typeof LOOP_CALLS> | undefined) {
    this.#calls = calls;
    const loop = calls && findLoop(calls);
    this.#waker = calls && loop !== undefined ? findWaker(calls, loop) : undefined;
    this.fd = this.#waker === undefined ? undefined : loop;
    this.#event = new Uint8Array(epollEventSize).fill(255);
    new DataView(this.#event.buffer).setUint32(0, EPOLLIN, true);
  }

  /**
   * Whether another thread woke the loop since the last call. Bun looks at signals at the start of a turn. One that comes while
   * the turn waits ends that wait, which takes its wake-up away, and the loop then runs empty without having looked
   * (Bun 1.4). The counter tells: Bun itself never reads it, as its set notices changes only.
   */
  takeWakeUp(): boolean {
    return this.#waker !== undefined && this.#calls?.read(this.#waker, this.#count, 8) === 8;
  }

  /** Whether the loop's event is among the first `count`: it alone has data that is all ones. */
  #isAmong(events: Uint8Array, count: number): boolean {
    const size = this.#event.length;
    for (let i = 1; i <= count; i++) if (events[i * size - 1] === 255) return true;
    return false;
  }

  /** Makes the call, which also ends, with no descriptor ready or an event of none, when the loop wants attention. */
  wait({ call, args }: Wait): number {
    return call === "ppoll" ? this.#ppoll(args) : this.#epollWait(args);
  }

  /** The call's result if it need not wait for one. */
  look({ call, args: [first, second, third] }: Wait): number {
    const calls = this.#calls as Calls<typeof LOOP_CALLS>;
    return call === "ppoll"
      ? calls.ppoll(first as Uint8Array, second as number, noTime, null)
      : calls.epoll_wait(first as number, second as Uint8Array, third as number, 0);
  }

  #ppoll([fds, count, timeout]: Args): number {
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

  #epollWait([set, events, most, timeout]: Args): number {
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
