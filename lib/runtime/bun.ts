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
import type { BunGlobals } from "./bun_slice.ts";
import { EventLoop, LOOP_CALLS, type Wait } from "./bun_loop.ts";
import { BlockingWorker } from "./bun_waiter.ts";
import {
  bindLazily,
  type BlockingCall,
  type Calls,
  type CallSpec,
  type CallTable,
  firstThatBinds,
  libcNames,
  type Native,
  type Runtime,
} from "./runtime.ts";
import { signalListeners } from "./signal_listeners.ts";

const { Bun } = globalThis as unknown as BunGlobals;

const PARAMETER = {
  i32: FFIType.i32,
  u32: FFIType.u32,
  usize: FFIType.u64,
  buffer: FFIType.ptr,
} as const;

const RESULT = {
  i32: FFIType.i32,
  address: FFIType.u64,
  void: FFIType.void,
} as const;

function bind(libraries: readonly string[], name: string, spec: CallSpec): Native {
  const symbol = spec.symbol ?? name;
  const definition: FFIFunction = {
    args: spec.args.map((word) => PARAMETER[word]),
    returns: RESULT[spec.result],
  };
  const native = firstThatBinds(
    libraries,
    (library) => dlopen(library, { [symbol]: definition }).symbols[symbol] as unknown as Native,
  );
  return spec.result === "address" ? (...args) => Number(native(...args)) : native;
}

const libc = libcNames(process.platform, process.arch);
// Before anything else here opens an epoll set: the first one is the event loop's.
const loop = new EventLoop(
  process.platform === "linux" ? bindLazily(LOOP_CALLS, (name, spec) => bind(libc, name, spec)) : undefined,
);

/** A blocking call that waits for its turn to be made. */
interface Waiting extends Wait {
  readonly resolve: (result: number) => void;
}

/** How long a call waits for the event loop to run empty before it is given to a Worker. */
const EMPTY_LOOP_MS = 5;

/** Gives the event loop a turn. */
function noTask(): void {}

/** Makes blocking calls without blocking the event loop's work. One per process. */
class Blocker {
  #waiting: Waiting | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #listening = false;
  /** Whether the event loop has had a turn since the last wait: Bun reports a rejected promise in the next one. */
  #hadTurn = false;
  /** Called where the loop is empty, and no call waits for that. */
  #onDeadEnd: (() => void) | undefined;
  readonly #workers: BlockingWorker[] = [];

  run(call: BlockingCall, args: readonly (number | Uint8Array | null)[]): Promise<number> {
    // Only a call that the event loop can end may hold the main thread, and only if it is the only one.
    const onMain = (call === "epoll_pwait" || call === "ppoll") && loop.fd !== undefined &&
      this.#waiting === undefined && this.#workers.length === 0;
    if (!onMain) return this.#giveToWorker(call, args);
    return new Promise((resolve) => {
      this.#waiting = { call, args, resolve };
      this.#listen();
      this.#waitForEmptyLoop();
    });
  }

  /** Calls `listener` once nothing is left that could call anybody. */
  onDeadEnd(listener: () => void): void {
    this.#onDeadEnd = listener;
    this.#listen();
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    process.on("beforeExit", () => this.#onEmptyLoop());
  }

  #waitForEmptyLoop(): void {
    // Unreferenced: it does not keep the loop from running empty, so it fires only if something else does.
    this.#timer = setTimeout(() => this.#moveToWorker(), EMPTY_LOOP_MS);
    this.#timer.unref();
  }

  /** The loop is empty: nothing is held up if the main thread blocks. */
  #onEmptyLoop(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return this.#goOnFromDeadEnd();
    if (!this.#hadTurn) {
      this.#hadTurn = true;
      setImmediate(noTask);
      return;
    }
    const woken = loop.takeWakeUp();
    const result = woken ? loop.look(waiting) : loop.wait(waiting);
    clearTimeout(this.#timer);
    if (woken && result <= 0) {
      // Another turn, which begins with a look at what that was about. Its time does not count: the loop was empty.
      setTimeout(() => this.#waitForEmptyLoop(), 0);
      return;
    }
    this.#waiting = undefined;
    this.#hadTurn = false;
    // What ended the call may be a signal: its listener has its turn before the wait ends. An immediate alone
    // does not make an empty loop look at its descriptor (Bun 1.4); a timer does.
    const goOn = () => waiting.resolve(result);
    if (woken || loop.wantsTurn) setTimeout(goOn, 0);
    else setImmediate(goOn);
  }

  #goOnFromDeadEnd(): void {
    if (this.#onDeadEnd === undefined) return;
    this.#onDeadEnd();
    setTimeout(noTask, 0);
  }

  #moveToWorker(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#giveToWorker(waiting.call, waiting.args).then(waiting.resolve);
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

  environment() {
    return { ...process.env } as Record<string, string>;
  },

  onSignal(name, listener) {
    return signalListeners.on(name, listener);
  },

  onUncaught(listener) {
    for (const event of ["uncaughtException", "unhandledRejection"] as const) {
      process.on(event, (error: unknown) => {
        if (process.listenerCount(event) === 1) listener(error);
      });
    }
  },

  yieldToEvents() {
    return new Promise((resolve) => setImmediate(resolve));
  },

  onEmptyLoop(listener) {
    blocker.onDeadEnd(listener);
  },

  unrefTimer(timer) {
    (timer as unknown as { unref(): void }).unref();
  },

  prepareNewRoot() {},

  resolveImport(specifier, folder) {
    return Bun.resolveSync(specifier, folder);
  },

  exit(code) {
    process.exit(code);
  },
};
