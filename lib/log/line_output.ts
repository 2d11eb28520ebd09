/**
 * Lines to a file, a pipe, a socket or a terminal, without ever waiting for the reader.
 *
 * Whether a write waits belongs to the opening of a pipe or a terminal, which others may share: so it is opened once more,
 * not to wait. A socket is told with each call. Where neither is possible, a look comes first.
 *
 * @module
 */

import { errno, libc } from "../os/calls.ts";
import { constants as c } from "../os/constants.ts";
import {
  closeFd,
  closeOnExec,
  duplicate,
  isNonBlocking,
  isSeekable,
  redirect,
  reopenToWrite,
} from "../os/descriptor.ts";
import { EAGAIN, EDQUOT, EINTR, ENOBUFS, ENOSPC, ENOTSOCK } from "../os/errno.ts";
import { getOption } from "../os/socket.ts";
import { pollHere, POLLOUT } from "../os/wait.ts";
import { FULL, GONE, LineQueue } from "./line_queue.ts";

/** How many bytes are kept for a reader that does not keep up: as many as a pipe holds by itself on Linux. */
const CAPACITY = 65_536;
/** After how long what is kept is tried again, in milliseconds; the time doubles up to the last. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1000;

/** How lines are written to a descriptor. */
type Way = "file" | "socket" | "non_blocking" | "looked_at";

function wayOf(fd: number): Way {
  if (isSeekable(fd)) return "file";
  if (getOption(fd, c.SO_TYPE) !== undefined) return "socket";
  return isNonBlocking(fd) ? "non_blocking" : "looked_at";
}

/** Whether calls on `fd` may wait because of how it was opened: a pipe or a terminal, and no file or socket. */
export function mayWait(fd: number): boolean {
  return !isSeekable(fd) && getOption(fd, c.SO_TYPE) === undefined;
}

/** A descriptor of this log's own for what `fd` is open on, close-on-exec, that does not wait where that is possible. */
export function openOwn(fd: number): number {
  return (mayWait(fd) ? reopenToWrite(fd) : undefined) ?? duplicate(fd);
}

/** Where the lines of one process go. */
export class LineOutput {
  readonly fd: number;
  #way: Way;
  readonly #queue: LineQueue;
  // deno-lint-ignore tine/no-timers -- the type alone
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** @param lostLine The line that says how many were lost. */
  constructor(fd: number, lostLine: (count: number) => Uint8Array) {
    this.fd = fd;
    this.#way = wayOf(fd);
    this.#queue = new LineQueue({ write: (bytes) => this.#write(bytes), lostLine, capacity: CAPACITY });
  }

  /** The longest line that is sure to stay whole. */
  get longest(): number {
    return this.#way === "file" ? Infinity : c.PIPE_BUF;
  }

  /** Writes a line, at once or later, or loses it. */
  put(line: Uint8Array): void {
    this.#queue.put(line);
    if (this.#queue.pending) this.#tryLater(FIRST_RETRY_MS);
  }

  /** Writes what can be written now of what is kept. */
  flush(): void {
    this.#queue.flush();
  }

  /** Lines go to what `fd` is open on from now on; it is closed, and the number of this output's own stays. */
  replace(fd: number): void {
    this.flush();
    redirect(this.fd, fd);
    closeOnExec(this.fd);
    closeFd(fd);
    this.#way = wayOf(this.fd);
  }

  #tryLater(ms: number): void {
    // deno-lint-ignore tine/no-timers -- no line may come when there is room again; not on a calm day
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#queue.flush();
      if (this.#queue.pending) this.#tryLater(Math.min(2 * ms, LAST_RETRY_MS));
    }, ms);
  }

  #write(bytes: Uint8Array): number {
    const { fd } = this;
    for (;;) {
      if (this.#way === "looked_at" && !pollHere(fd, POLLOUT, 0)) return FULL;
      const written = this.#way === "socket"
        ? libc.send(fd, bytes, bytes.length, c.MSG_DONTWAIT | c.MSG_NOSIGNAL)
        : libc.write(fd, bytes, bytes.length);
      if (written >= 0) return written;
      const code = errno();
      // A disk may have room again, too.
      if (code === EAGAIN || code === ENOBUFS || code === ENOSPC || code === EDQUOT) return FULL;
      // It was led elsewhere.
      if (code === ENOTSOCK && this.#way === "socket") this.#way = wayOf(fd);
      else if (code !== EINTR) return GONE;
    }
  }
}
