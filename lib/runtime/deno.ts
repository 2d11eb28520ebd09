/**
 * The runtime interface on Deno.
 *
 * @module
 */

import type { DenoSlice, ForeignFunction } from "./deno_slice.ts";
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
import { signalListeners } from "./signal_listeners.ts";

const Deno: DenoSlice = (globalThis as unknown as { readonly Deno: DenoSlice }).Deno;

const PARAMETER = { i32: "i32", u32: "u32", usize: "usize", buffer: "buffer" } as const;

/** Binds one symbol. Each costs about 0.14 ms on Deno 2.9, which is why none is bound before it is needed. */
function bind(libraries: readonly string[], name: string, spec: CallSpec, nonblocking = false): Native {
  const definition: ForeignFunction = {
    name: spec.symbol ?? name,
    parameters: spec.args.map((word) => PARAMETER[word]),
    result: spec.result === "address" ? "u64" : spec.result,
    ...(nonblocking ? { nonblocking: true } : {}),
  };
  const native = firstThatBinds(
    libraries,
    (library) => Deno.dlopen(library, { [name]: definition }).symbols[name] as Native,
  );
  return spec.result === "address" ? (...args) => Number(native(...args)) : native;
}

// The modules of node: cost a child about 4 MB on Deno: nothing that every child loads imports them.
const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
const libc = libcNames(Deno.build.os, arch);
const blocking = new Map<BlockingCall, Native>();

/** How often, and how long, the debugger is looked for after a signal. */
const DEBUGGER_LOOK_MS = 2;
const DEBUGGER_LOOKS = 500;

/** Whether a debugger was asked for at the start. */
function wantsDebugger(): boolean {
  try {
    return /\0--inspect/.test(Deno.readTextFileSync("/proc/self/cmdline"));
  } catch {
    return false;
  }
}

/**
 * Shuts the debugger that `deno run` (2.9.2) opens on 127.0.0.1:9229 at each SIGUSR1, even if the program listens to it:
 * every user of the machine could run code in this process by it. There is no way to keep it from being opened.
 */
async function shutDebugger(): Promise<void> {
  if (wantsDebugger()) return;
  const inspector = await import("node:inspector");
  for (let look = 0; look < DEBUGGER_LOOKS; look++) {
    if (inspector.url() !== undefined) return inspector.close();
    await new Promise((resolve) => setTimeout(resolve, DEBUGGER_LOOK_MS));
  }
}

/** Whether the program listens to an event of node:process; the module is loaded for an error only. */
function isHeardByProcess(event: string): boolean {
  const { process } = globalThis as unknown as { process: { listenerCount(event: string): number } };
  return process.listenerCount(event) > 0;
}

/** The runtime interface on Deno. */
export const deno: Runtime = {
  name: "deno",
  platform: Deno.build.os,
  arch,
  pid: Deno.pid,
  version: Deno.version.deno,
  standalone: Deno.build.standalone,
  executable: Deno.execPath(),
  mainModule: Deno.mainModule,

  open<const T extends CallTable>(libraries: readonly string[], table: T): Calls<T> {
    return bindLazily(table, (name, spec) => bind(libraries, name, spec));
  },

  memory(address, size) {
    const pointer = Deno.UnsafePointer.create(BigInt(address));
    if (pointer === null) throw new RangeError("Cannot read memory at address 0");
    return Deno.UnsafePointerView.getArrayBuffer(pointer, size);
  },

  addressOf(bytes) {
    return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>)));
  },

  callBlocking(call, args) {
    let native = blocking.get(call);
    if (native === undefined) {
      native = bind(libc, call, BLOCKING_CALLS[call], true);
      blocking.set(call, native);
    }
    return native(...args) as Promise<number>;
  },

  takeVariable(name) {
    const value = Deno.env.get(name);
    if (value !== undefined) Deno.env.delete(name);
    return value;
  },

  environment() {
    return Deno.env.toObject();
  },

  onSignal(name, listener) {
    if (name !== "USR1" || Deno.build.standalone) return signalListeners.on(name, listener);
    return signalListeners.on(name, () => {
      shutDebugger().catch((error) =>
        console.error(`Cannot shut Deno's debugger: ${(error as Error).message}`)
      );
      listener();
    });
  },

  onUncaught(listener) {
    const take = (event: Event, name: string, error: unknown) => {
      if (event.defaultPrevented || isHeardByProcess(name)) return;
      event.preventDefault();
      listener(error);
    };
    globalThis.addEventListener(
      "error",
      (event: Event & { error?: unknown }) => take(event, "uncaughtException", event.error),
    );
    globalThis.addEventListener(
      "unhandledrejection",
      (event: Event & { reason?: unknown }) => take(event, "unhandledRejection", event.reason),
    );
  },

  yieldToEvents() {
    return new Promise((resolve) => setImmediate(resolve));
  },

  onEmptyLoop(listener) {
    globalThis.addEventListener("beforeunload", (event) => {
      event.preventDefault();
      listener();
    });
  },

  unrefTimer(timer) {
    Deno.unrefTimer(timer as unknown as number);
  },

  prepareNewRoot() {
    // To show where in a file of TypeScript an error came from, Deno translates the file once more if it cannot read what
    // it has cached, and asks for the size of the thread's stack before that. glibc reads it from /proc, and Deno panics
    // where there is none. So errors keep no places there.
    Error.stackTraceLimit = 0;
  },

  resolveImport(specifier) {
    return import.meta.resolve(specifier);
  },

  exit(code) {
    Deno.exit(code);
  },
};
