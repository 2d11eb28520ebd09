/**
 * The runtime interface on Bun.
 *
 * Bun's foreign calls are synchronous only. A call that blocks therefore runs in one of two places: on the main
 * thread, if the event loop has nothing else to do (which Bun tells by its `beforeExit` event), or in a helper
 * Worker (about 2.4 MB). A child that idles costs no thread, and one whose program has timers or sockets of its
 * own never stalls them.
 *
 * @module
 */

import { dlopen, type FFIFunction, FFIType, ptr, toArrayBuffer } from "bun:ffi";
import process from "node:process";
import { BlockingWorker } from "./bun_waiter.ts";
import {
  bindLazily,
  BLOCKING_CALLS,
  type BlockingCall,
  type Calls,
  type CallSpec,
  type CallTable,
  firstThatBinds,
  libcNames,
  type Native,
  type Runtime,
} from "./runtime.ts";

const PARAMETER = {
  i32: FFIType.i32,
  u32: FFIType.u32,
  usize: FFIType.u64,
  buffer: FFIType.ptr,
} as const;

function bind(libraries: readonly string[], name: string, spec: CallSpec): Native {
  const symbol = spec.symbol ?? name;
  const definition: FFIFunction = {
    args: spec.args.map((word) => PARAMETER[word]),
    returns: spec.result === "address" ? FFIType.u64 : spec.result === "i32" ? FFIType.i32 : FFIType.void,
  };
  const native = firstThatBinds(
    libraries,
    (library) => dlopen(library, { [symbol]: definition }).symbols[symbol] as unknown as Native,
  );
  return spec.result === "address" ? (...args) => Number(native(...args)) : native;
}

const libc = libcNames(process.platform, process.arch);

/** A blocking call that waits for its turn to be made. */
interface Waiting {
  readonly call: BlockingCall;
  readonly args: readonly (number | Uint8Array | null)[];
  readonly resolve: (result: number) => void;
}

/** Which argument is the set of signals held back during the call, for the calls that have one. */
const MASK_ARGUMENT: Partial<Record<BlockingCall, number>> = { epoll_pwait: 4, ppoll: 3 };

/**
 * The signals that a program may listen to: HUP, INT, QUIT, USR1, USR2, ALRM, TERM, CHLD, CONT, TTIN, TTOU, WINCH
 * (Linux). The others are left alone: JavaScriptCore suspends its threads by one of them.
 */
const LISTENED = [1, 2, 3, 10, 12, 14, 15, 17, 18, 21, 22, 28];

function maskOf(signals: readonly number[]): Uint8Array {
  const mask = new Uint8Array(128);
  for (const signal of signals) {
    const bit = signal - 1;
    mask[bit >> 3] = (mask[bit >> 3] as number) | 1 << (bit & 7);
  }
  return mask;
}

/** How long a call waits for the event loop to run empty before it is given to a Worker. */
const EMPTY_LOOP_MS = 5;

/** Makes blocking calls where they hold nobody up. One a process. */
class Blocker {
  #waiting: Waiting | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #signalsHeld = false;
  #listening = false;
  readonly #workers: BlockingWorker[] = [];
  readonly #calls = new Map<BlockingCall, Native>();
  #pthreadSigmask: Native | undefined;
  readonly #mask = maskOf(LISTENED);
  readonly #oldMask = new Uint8Array(128);

  run(call: BlockingCall, args: readonly (number | Uint8Array | null)[]): Promise<number> {
    // Only a call that lets signals in atomically may hold the main thread, and only if it is the only one.
    const onMain = MASK_ARGUMENT[call] !== undefined && process.platform === "linux" &&
      this.#waiting === undefined && this.#workers.length === 0;
    if (!onMain) return this.#giveToWorker(call, args);
    return new Promise((resolve) => {
      this.#waiting = { call, args, resolve };
      if (!this.#listening) {
        this.#listening = true;
        process.on("beforeExit", () => this.#onEmptyLoop());
      }
      // Unreferenced: it does not keep the loop from running empty, so it fires only if something else does.
      this.#timer = setTimeout(() => this.#moveToWorker(), EMPTY_LOOP_MS);
      this.#timer.unref();
    });
  }

  /** The loop is empty: nothing is held up if the main thread blocks. */
  #onEmptyLoop(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (!this.#signalsHeld) {
      // Signals are held back before the last look at the event loop, because one that came between that look and
      // the call would have its listener run only after the call returns: perhaps never.
      this.#sigmask(0, this.#mask, this.#oldMask);
      this.#signalsHeld = true;
      // The timer stays: should that look find something that keeps the loop alive, it moves the call to a Worker.
      setImmediate(() => {});
      return;
    }
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    let native = this.#calls.get(waiting.call);
    if (native === undefined) {
      native = bind(libc, waiting.call, BLOCKING_CALLS[waiting.call]);
      this.#calls.set(waiting.call, native);
    }
    // The call lets the signals in and waits, in one step, and comes back with EINTR if one came.
    const args = [...waiting.args];
    args[MASK_ARGUMENT[waiting.call] as number] = this.#oldMask;
    const result = native(...args) as number;
    this.#releaseSignals();
    setImmediate(() => waiting.resolve(result));
  }

  #moveToWorker(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#releaseSignals();
    this.#giveToWorker(waiting.call, waiting.args).then(waiting.resolve);
  }

  #releaseSignals(): void {
    if (!this.#signalsHeld) return;
    this.#signalsHeld = false;
    this.#sigmask(2, this.#oldMask, null);
  }

  /** `how`: 0 blocks the set, 2 restores it (Linux). */
  #sigmask(how: number, set: Uint8Array, old: Uint8Array | null): void {
    this.#pthreadSigmask ??= bind(libc, "pthread_sigmask", {
      args: ["i32", "buffer", "buffer"],
      result: "i32",
    });
    this.#pthreadSigmask(how, set, old);
  }

  #giveToWorker(call: BlockingCall, args: readonly (number | Uint8Array | null)[]): Promise<number> {
    let worker = this.#workers.find((candidate) => !candidate.busy);
    if (worker === undefined) {
      worker = new BlockingWorker(libc);
      this.#workers.push(worker);
    }
    return worker.run(call, args.map((value) => value instanceof Uint8Array ? ptr(value) : value ?? 0), args);
  }
}

const blocker = new Blocker();

/** The runtime interface on Bun. */
export const bun: Runtime = {
  name: "bun",
  platform: process.platform,
  arch: process.arch,
  pid: process.pid,
  version: Bun.version,
  standalone: Bun.main.startsWith("/$bunfs/"),
  executable: process.execPath,
  mainModule: Bun.main,

  open<const T extends CallTable>(libraries: readonly string[], table: T): Calls<T> {
    return bindLazily(table, (name, spec) => bind(libraries, name, spec));
  },

  memory(address, size) {
    if (address === 0) throw new RangeError("Cannot read memory at address 0");
    return toArrayBuffer(address as unknown as Parameters<typeof toArrayBuffer>[0], 0, size);
  },

  addressOf(bytes) {
    return ptr(bytes);
  },

  callBlocking(call, args) {
    return blocker.run(call, args);
  },

  takeVariable(name) {
    const value = process.env[name];
    if (value !== undefined) delete process.env[name];
    return value;
  },

  onSignal(name, listener) {
    process.on(`SIG${name}`, listener);
  },

  breathe() {
    return new Promise((resolve) => setImmediate(resolve));
  },

  exit(code) {
    process.exit(code);
  },
};
