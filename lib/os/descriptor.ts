/**
 * File descriptors: close, close-on-exec, blocking or not, pipes, and the event counter that wakes a waiter.
 *
 * @module
 */

import { errno, fcntl, libc } from "./calls.ts";
import { constants as c, isLinux, linux } from "./constants.ts";
import { EAGAIN, ESPIPE, systemError } from "./errno.ts";

/** Closes a descriptor. A failure means that it was not open, which is a fault of the caller's. */
export function closeFd(fd: number): void {
  libc.close(fd);
}

// The descriptors of node:fs are known to the runtime alone on some versions of Deno, and the module is costly there.
function open(path: string, flags: number, mode: number): number {
  const fd = libc.open(new TextEncoder().encode(`${path}\0`), flags | c.O_CLOEXEC, mode);
  if (fd < 0) throw systemError("open", `open "${path}"`);
  return fd;
}

/** Opens a file to read and write, close-on-exec, for this user only if it is created. @throws {SystemError} */
export function openFile(path: string, options: { create: boolean }): number {
  return open(path, c.O_RDWR | (options.create ? c.O_CREAT : 0), 0o600);
}

/**
 * Opens once more what a descriptor is open on, to write without waiting: whether calls wait belongs to the opening, and
 * the one that was inherited is shared with others. Close-on-exec. Undefined where the system does not let this process.
 */
export function reopenToWrite(fd: number): number | undefined {
  const flags = c.O_WRONLY | c.O_APPEND | c.O_NONBLOCK | c.O_NOCTTY | c.O_CLOEXEC;
  const path = `${isLinux ? "/proc/self/fd" : "/dev/fd"}/${fd}\0`;
  const own = libc.open(new TextEncoder().encode(path), flags, 0);
  return own < 0 ? undefined : own;
}

/** Whether a descriptor is open on a file or a disk, where each byte has its place: not on a pipe, socket or terminal. */
export function isSeekable(fd: number): boolean {
  return libc.lseek(fd, 0, c.SEEK_CUR) >= 0 || errno() !== ESPIPE;
}

/** Whether calls on a descriptor return EAGAIN where they would block. */
export function isNonBlocking(fd: number): boolean {
  return (fcntl(fd, c.F_GETFL, 0) & c.O_NONBLOCK) !== 0;
}

/** Gives the file that a descriptor is open on to a user and a group. @throws {SystemError} */
export function giveFile(fd: number, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  if (libc.fchown(fd, uid, gid) < 0) throw systemError("fchown", `give the file to user ${uid}`);
}

/** Opens /dev/null to read and write. */
export function openNull(): number {
  return open("/dev/null", c.O_RDWR, 0);
}

/** Makes the descriptor `fd` another name for what `target` is open on; what `fd` was before is closed. */
export function redirect(fd: number, target: number): void {
  if (libc.dup2(target, fd) < 0) throw systemError("dup2", `redirect descriptor ${fd}`);
}

/**
 * Locks the file that a descriptor is open on (flock(2)), without waiting. The lock ends with the last copy of the
 * descriptor.
 *
 * @returns Whether it was free: not while another process has it.
 * @throws {SystemError} if the file cannot be locked at all
 */
export function tryLock(fd: number, options: { shared: boolean }): boolean {
  if (libc.flock(fd, (options.shared ? c.LOCK_SH : c.LOCK_EX) | c.LOCK_NB) === 0) return true;
  if (errno() === EAGAIN) return false;
  throw systemError("flock", `lock descriptor ${fd}`);
}

/** Replaces what a file holds by `text`. The descriptor has not been read or written before. */
export function writeWhole(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (libc.ftruncate(fd, 0) < 0 || libc.write(fd, bytes, bytes.length) !== bytes.length) {
    throw systemError("write", `write to descriptor ${fd}`);
  }
}

/** Keeps a descriptor from programs that this process executes. */
export function closeOnExec(fd: number): void {
  changeFlags(fd, (flags) => flags | c.FD_CLOEXEC);
}

/** Lets a descriptor be inherited by programs that this process executes. */
export function keepOnExec(fd: number): void {
  changeFlags(fd, (flags) => flags & ~c.FD_CLOEXEC);
}

function changeFlags(fd: number, change: (flags: number) => number): void {
  const flags = fcntl(fd, c.F_GETFD, 0);
  if (flags < 0) throw systemError("fcntl", `read the flags of descriptor ${fd}`);
  const wanted = change(flags);
  if (wanted !== flags && fcntl(fd, c.F_SETFD, wanted) < 0) {
    throw systemError("fcntl", `set the flags of descriptor ${fd}`);
  }
}

function setStatus(fd: number, change: (flags: number) => number): void {
  const flags = fcntl(fd, c.F_GETFL, 0);
  if (flags < 0) throw systemError("fcntl", `read the status of descriptor ${fd}`);
  const wanted = change(flags);
  if (wanted !== flags && fcntl(fd, c.F_SETFL, wanted) < 0) {
    throw systemError("fcntl", `set the status of descriptor ${fd}`);
  }
}

/** Makes calls on a descriptor return EAGAIN where they would block. */
export function setNonBlocking(fd: number): void {
  setStatus(fd, (flags) => flags | c.O_NONBLOCK);
}

/** Makes calls on a descriptor wait, in all processes that share it: whether they do belongs to what it names. */
export function setBlocking(fd: number): void {
  setStatus(fd, (flags) => flags & ~c.O_NONBLOCK);
}

/** Another descriptor of the same file or socket, above the standard ones and close-on-exec. @throws {SystemError} */
export function duplicate(fd: number): number {
  const copy = fcntl(fd, c.F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw systemError("fcntl", `duplicate descriptor ${fd}`);
  return copy;
}

/** Makes `fd` a descriptor of `/dev/null`, as if the program had been started with it. @throws {SystemError} */
export function nullify(fd: number): void {
  const nothing = openFile("/dev/null", { create: false });
  if (libc.dup2(nothing, fd) < 0) throw systemError("dup2", `make descriptor ${fd} one of /dev/null`);
  libc.close(nothing);
}

/** Where there is no call for it, descriptors are marked one by one up to this number. */
const HIGHEST_MARKED = 1024;

/** Keeps every descriptor but the standard ones from the programs that this process executes. */
export function keepDescriptors(): void {
  if (isLinux && libc.syscall3(linux.SYS_close_range, 3, 0xffffffff, linux.CLOSE_RANGE_CLOEXEC) === 0) return;
  for (let fd = 3; fd < HIGHEST_MARKED; fd++) {
    const flags = fcntl(fd, c.F_GETFD, 0);
    if (flags >= 0) fcntl(fd, c.F_SETFD, flags | c.FD_CLOEXEC);
  }
}

/** The two ends of a pipe. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** A pipe whose ends are close-on-exec and do not block. */
export function createPipe(): Pipe {
  const ends = new Int32Array(2);
  const bytes = new Uint8Array(ends.buffer);
  const result = isLinux ? libc.pipe2(bytes, c.O_CLOEXEC | c.O_NONBLOCK) : libc.pipe(bytes);
  if (result < 0) throw systemError("pipe", "create a pipe");
  const pipe = { read: ends[0] as number, write: ends[1] as number };
  if (!isLinux) {
    for (const fd of [pipe.read, pipe.write]) {
      closeOnExec(fd);
      setNonBlocking(fd);
    }
  }
  return pipe;
}

/** A pipe for what another process prints: that one waits while it is full, this one never waits for anything in it. */
export function createOutputPipe(): Pipe {
  const pipe = createPipe();
  setBlocking(pipe.write);
  return pipe;
}

/** Wakes a process that waits for its descriptor to be readable: an eventfd on Linux, a pipe elsewhere. */
export class Waker {
  /** Readable while there is a wake-up that was not taken. */
  readonly fd: number;
  readonly #write: number;
  readonly #one = new Uint8Array(8);
  readonly #sink = new Uint8Array(64);

  /** @param inherited Descriptors of a waker made by the parent. */
  constructor(inherited?: Pipe) {
    this.#one[0] = 1;
    const ends = inherited ?? Waker.#create();
    this.fd = ends.read;
    this.#write = ends.write;
  }

  static #create(): Pipe {
    if (!isLinux) return createPipe();
    const fd = libc.eventfd(0, linux.EFD_CLOEXEC | linux.EFD_NONBLOCK);
    if (fd < 0) throw systemError("eventfd", "create an event counter");
    return { read: fd, write: fd };
  }

  /** The descriptors that another process needs to be handed to use this waker. */
  get ends(): Pipe {
    return { read: this.fd, write: this.#write };
  }

  /** Makes {@linkcode fd} readable. */
  wake(): void {
    libc.write(this.#write, this.#one, 8);
  }

  /** Takes all wake-ups so far. */
  take(): void {
    while (libc.read(this.fd, this.#sink, this.#sink.length) > 8);
  }

  /** Closes the descriptors. */
  close(): void {
    closeFd(this.fd);
    if (this.#write !== this.fd) closeFd(this.#write);
  }
}
