/**
 * Processes: start, execute in place, signal, reap, hold signals back.
 *
 * @module
 */

import { SpawnError } from "../errors.ts";
import { runtime } from "../runtime/choose.ts";
import { errno, libc } from "./calls.ts";
import { constants as c, isLinux, linux, SIGNAL_NUMBERS } from "./constants.ts";
import { EINTR, ENOENT, EPERM, errnoName, errnoSentence, systemError } from "./errno.ts";

const encoder = new TextEncoder();
const SIGSET_SIZE = 128;
// Larger than any system's posix_spawn_file_actions_t and posix_spawnattr_t.
export const SPAWN_OBJECT_SIZE = 512;

/** A C string: a text, or bytes as they are, with a zero behind it. */
export function cString(text: string | Uint8Array): Uint8Array {
  if (typeof text === "string") return encoder.encode(`${text}\0`);
  const string = new Uint8Array(text.length + 1);
  string.set(text);
  return string;
}

/** A NULL-terminated array of C strings, with what keeps them where they are. */
export class StringArray {
  readonly bytes: Uint8Array;
  readonly strings: readonly Uint8Array[];

  constructor(texts: readonly (string | Uint8Array)[]) {
    this.strings = texts.map(cString);
    const pointers = new BigUint64Array(texts.length + 1);
    this.strings.forEach((string, i) => pointers[i] = BigInt(runtime.addressOf(string)));
    this.bytes = new Uint8Array(pointers.buffer);
  }
}

/** The number of a signal by its name (`SIGTERM` or `TERM`), or undefined. */
export function signalNumber(name: string): number | undefined {
  const full = name.startsWith("SIG") ? name : `SIG${name}`;
  return SIGNAL_NUMBERS[full];
}

/** The name of a signal's number: `9` → `SIGKILL`. */
export function signalName(number: number): string {
  for (const [name, value] of Object.entries(SIGNAL_NUMBERS)) if (value === number) return name;
  return `signal ${number}`;
}

/** A `sigset_t` of signals. */
export function signalSet(names: readonly string[]): Uint8Array {
  const set = new Uint8Array(SIGSET_SIZE);
  for (const name of names) {
    const bit = (signalNumber(name) ?? 1) - 1;
    set[bit >> 3] = (set[bit >> 3] as number) | 1 << (bit & 7);
  }
  return set;
}

/** A program to start or to execute. */
export interface Program {
  readonly path: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

function environmentArray(environment: Program["environment"]): StringArray {
  return new StringArray(
    Object.entries(environment).filter(([, value]) => value !== undefined).map(([key, value]) =>
      `${key}=${value}`
    ),
  );
}

const PATH_ROOM = 4096;

/**
 * Where a program is to be started because the working directory was removed, in which Deno does not start; undefined
 * while that is there. Relative paths shall go on leading nowhere: in /proc no file can be created.
 */
function refuge(): string | undefined {
  if (libc.getcwd(new Uint8Array(PATH_ROOM), PATH_ROOM) !== 0 || errno() !== ENOENT) return undefined;
  return isLinux ? "/proc" : "/";
}

/**
 * Starts a program with the descriptors `inherit` under their own numbers, besides those that are not close-on-exec.
 * The signals `heldBack` are blocked in it, so that none is lost or fatal before it listens to them.
 *
 * @returns The process id.
 * @throws {SpawnError} with the reason and what may help
 */
export function spawn(
  program: Program,
  options: {
    inherit: readonly number[];
    heldBack: readonly string[];
    /** Whether it leads a session of its own, without a terminal (setsid(2)). */
    newSession?: boolean;
    /** What becomes its standard output and error. It must be above 2. */
    output?: number | undefined;
  },
): number {
  const pid = new Int32Array(1);
  const actions = new Uint8Array(SPAWN_OBJECT_SIZE);
  const attributes = new Uint8Array(SPAWN_OBJECT_SIZE);
  const argv = new StringArray(program.argv);
  const environment = environmentArray(program.environment);
  libc.posix_spawn_file_actions_init(actions);
  libc.posix_spawnattr_init(attributes);
  const folder = refuge();
  if (folder !== undefined) libc.posix_spawn_file_actions_addchdir_np(actions, encoder.encode(`${folder}\0`)); // glibc 2.29
  // A duplicate onto the same number clears close-on-exec in the child only (POSIX.1-2024; glibc 2.29).
  for (const fd of options.inherit) libc.posix_spawn_file_actions_adddup2(actions, fd, fd);
  if (options.output !== undefined) {
    for (const fd of [1, 2]) libc.posix_spawn_file_actions_adddup2(actions, options.output, fd);
  }
  const session = options.newSession === true ? c.POSIX_SPAWN_SETSID : 0; // glibc 2.26
  libc.posix_spawnattr_setflags(attributes, c.POSIX_SPAWN_SETSIGMASK | session);
  libc.posix_spawnattr_setsigmask(attributes, signalSet(options.heldBack));
  const failure = libc.posix_spawn(
    new Uint8Array(pid.buffer),
    encoder.encode(`${program.path}\0`),
    actions,
    attributes,
    argv.bytes,
    environment.bytes,
  );
  libc.posix_spawn_file_actions_destroy(actions);
  libc.posix_spawnattr_destroy(attributes);
  if (failure !== 0) {
    const name = errnoName(failure);
    const remedy = name === "EAGAIN"
      ? "; raise the limit of processes (ulimit -u), or lower max_servers"
      : "";
    throw new SpawnError(`Cannot start ${program.path}: ${errnoSentence(name)}${remedy}`);
  }
  return pid[0] as number;
}

/**
 * Replaces this process by `program`: the process id stays, and with it the descriptors that are not close-on-exec.
 *
 * @param lastly Called right before that.
 * @throws {SystemError} if the program cannot be executed; otherwise it does not return
 */
export function execute(program: Program, lastly: () => void): never {
  const argv = new StringArray(program.argv);
  const environment = environmentArray(program.environment);
  const folder = refuge();
  if (folder !== undefined) libc.chdir(encoder.encode(`${folder}\0`));
  const path = encoder.encode(`${program.path}\0`);
  lastly();
  libc.execve(path, argv.bytes, environment.bytes);
  throw systemError("execve", `execute ${program.path}`);
}

/** Blocks signals on this thread. Those that come meanwhile are delivered later. */
export function blockSignals(names: readonly string[]): void {
  changeSignalMask(c.SIG_BLOCK, names);
}

/** Lets blocked signals in on this thread. */
export function unblockSignals(names: readonly string[]): void {
  changeSignalMask(c.SIG_UNBLOCK, names);
}

function changeSignalMask(how: number, names: readonly string[]): void {
  const result = libc.pthread_sigmask(how, signalSet(names), null);
  if (result !== 0) throw systemError("pthread_sigmask", "change the signal mask", result);
}

/** Lets a signal have no effect, in this process and in what it executes, until there is a listener. */
export function ignoreSignal(name: string): void {
  libc.signal(signalNumber(name) ?? 0, c.SIG_IGN);
}

/** Sends a signal. Whether the process was there (and ours to signal). */
export function sendSignal(pid: number, name: string): boolean {
  return libc.kill(pid, signalNumber(name) ?? 0) === 0;
}

/** Whether a process exists, be it ours or another user's. */
export function processExists(pid: number): boolean {
  return libc.kill(pid, 0) === 0 || errno() === EPERM;
}

/** How a process ended. */
export interface Ending {
  readonly pid: number;
  /** Its exit status, if it left by itself. */
  readonly code?: number;
  /** The signal that ended it, such as `SIGKILL`. */
  readonly signal?: string;
}

const status = new Int32Array(1);
const statusBytes = new Uint8Array(status.buffer);

/** Takes the ending of `pid` (or of any child, with -1), if there is one to take. */
export function reap(pid: number): Ending | undefined {
  for (;;) {
    const ended = libc.waitpid(pid, statusBytes, c.WNOHANG);
    if (ended > 0) {
      const value = status[0] as number;
      const signal = value & 0x7f;
      return signal === 0
        ? { pid: ended, code: value >> 8 & 0xff }
        : { pid: ended, signal: signalName(signal) };
    }
    if (ended === 0 || errno() !== EINTR) return undefined;
  }
}

/**
 * Has this process sent a signal when its parent has gone, however that ended. It lasts until this process becomes
 * another user. Linux alone.
 */
export function signalAtParentsEnd(name: string): void {
  if (isLinux) libc.prctl(linux.PR_SET_PDEATHSIG, signalNumber(name) ?? 0, 0, 0, 0);
}

/** A descriptor that is readable once `pid` has ended; undefined where it is gone already or the system has none. */
export function openProcess(pid: number): number | undefined {
  if (!isLinux) return undefined;
  const fd = libc.syscall2(linux.SYS_pidfd_open, pid, 0);
  return fd < 0 ? undefined : fd;
}

/**
 * Sends a signal to the process that `descriptor` ({@linkcode openProcess}) is of, even if its number is another's by
 * now. Whether it was there (and ours to signal).
 */
export function signalProcess(descriptor: number, name: string): boolean {
  return libc.syscall4(linux.SYS_pidfd_send_signal, descriptor, signalNumber(name) ?? 0, 0, 0) === 0;
}
