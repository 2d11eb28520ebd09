/**
 * The one interface over Deno and Bun: foreign calls, memory, blocking calls off the event loop, and how this
 * program was started. It holds mechanism, never policy; what both offer through `node:` modules is taken from there.
 *
 * @module
 */

/**
 * The words in which a C function's parameters are described.
 *
 * - `i32`, `u32`: a number.
 * - `usize`: a number up to 2^53 - 1, passed in 64 bits; also how an address is passed.
 * - `buffer`: a `Uint8Array`, or null.
 */
export type ArgumentWord = "i32" | "u32" | "usize" | "buffer";

/** The words for a result: `i32`, an `address` (0 for NULL, a number above 2^53 for `MAP_FAILED`), or nothing. */
export type ResultWord = "i32" | "address" | "void";

/** One C function: its parameters and its result. */
export interface CallSpec {
  readonly args: readonly ArgumentWord[];
  readonly result: ResultWord;
  /** The symbol's name where it is not the row's. */
  readonly symbol?: string;
}

/** A table of C functions by the name that callers use. */
export type CallTable = Readonly<Record<string, CallSpec>>;

interface Words {
  i32: number;
  u32: number;
  usize: number;
  buffer: Uint8Array | null;
}

interface Results {
  i32: number;
  address: number;
  void: void;
}

type Arguments<A extends readonly ArgumentWord[]> = { -readonly [I in keyof A]: Words[A[I]] };

/** The functions of a table, each bound when it is first touched. */
export type Calls<T extends CallTable> = {
  readonly [K in keyof T]: (...args: Arguments<T[K]["args"]>) => Results[T[K]["result"]];
};

/** A call that may block: run where the event loop is not held up, unless the loop has nothing else to do. */
export type BlockingCall = "epoll_pwait" | "ppoll" | "poll" | "flock" | "semop";

/** What Tine needs of the runtime that it runs on. */
export interface Runtime {
  readonly name: "deno" | "bun";
  /** The system, as `node:process` names it: `linux` or `darwin`. */
  readonly platform: string;
  /** `x64` or `arm64`. */
  readonly arch: string;
  /** This process. */
  readonly pid: number;
  /** The runtime's own version, such as `2.9.6`. */
  readonly version: string;
  /** Whether this program is one executable made by `deno compile` or `bun build --compile`. */
  readonly standalone: boolean;
  /** The executable file of the runtime, or of the compiled program. */
  readonly executable: string;
  /** The path or URL of the program's main module; undefined where there is none, as in a REPL. */
  readonly mainModule: string | undefined;
  /** Opens a C library and binds the functions of `table`, each when it is first touched. */
  open<const T extends CallTable>(libraries: readonly string[], table: T): Calls<T>;
  /** The `size` bytes at `address`, shared, not copied. */
  memory(address: number, size: number): ArrayBuffer;
  /** Where the bytes lie. They must be kept referenced while the address is in use. */
  addressOf(bytes: Uint8Array): number;
  /**
   * Makes one call into the C library that may block, without holding up the event loop.
   *
   * Buffers in `args` must be kept as they are until the promise is resolved. A result of -1 comes without its
   * errno: the caller asks again with a call that does not block.
   */
  callBlocking(call: BlockingCall, args: readonly (number | Uint8Array | null)[]): Promise<number>;
  /** An environment variable, taken out of the environment. */
  takeVariable(name: string): string | undefined;
  /** The whole environment, as it is now. */
  environment(): Readonly<Record<string, string>>;
  /**
   * Calls `listener` for each signal of this name (`TERM`), whose default action is off then. The result ends that, and
   * signals of this name are kept from then on for who listens next.
   */
  onSignal(name: string, listener: () => void): () => void;
  /**
   * Calls `listener` with each error that nothing has caught, be it thrown or the reason of a promise; it is not printed
   * then, and does not end the process. Not where the program listens to such errors by itself.
   */
  onUncaught(listener: (error: unknown) => void): void;
  /** Gives one turn to everything else that waits in the event loop. */
  yieldToEvents(): Promise<void>;
  /**
   * Calls `listener` when nothing is left in the event loop that could call anybody: the process would end by itself. It
   * does not; the listener is called again if what it began leaves nothing either.
   */
  onEmptyLoop(listener: () => void): void;
  /** Lets the event loop run empty although a timer of `setTimeout` has not rung. */
  unrefTimer(timer: ReturnType<typeof setTimeout>): void;
  /** To be called before chroot(2): does what cannot be done any more in a root without /proc. */
  prepareNewRoot(): void;
  /**
   * What a module in `folder` gets by importing `specifier`: a path or a URL. On Deno, the import map of the program says,
   * wherever the module is.
   *
   * @throws {Error} if there is no such thing
   */
  resolveImport(specifier: string, folder: string): string;
  /** Ends this process at once, whatever other threads do. Listeners of the `exit` event run before. */
  exit(code: number): never;
}

/** The functions that may block, for both implementations. A row's last words are as in the C prototype. */
export const BLOCKING_CALLS = {
  epoll_pwait: { args: ["i32", "buffer", "i32", "i32", "buffer"], result: "i32" },
  ppoll: { args: ["buffer", "usize", "buffer", "buffer"], result: "i32" },
  poll: { args: ["buffer", "usize", "i32"], result: "i32" },
  flock: { args: ["i32", "i32"], result: "i32" },
  semop: { args: ["i32", "buffer", "usize"], result: "i32" },
} as const satisfies Record<BlockingCall, CallSpec>;

/** The names under which the C library is found, the first that opens. */
export function libcNames(platform: string, arch: string): readonly string[] {
  if (platform === "darwin") return ["libSystem.B.dylib"];
  return ["libc.so.6", `libc.musl-${arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, "libc.so"];
}

/** A bound C function. */
export type Native = (...args: unknown[]) => unknown;

/** Makes `table` an object whose functions are bound by `bind` when they are first touched. */
export function bindLazily<const T extends CallTable>(
  table: T,
  bind: (name: string, spec: CallSpec) => Native,
): Calls<T> {
  const calls = {} as Record<string, Native>;
  for (const [name, spec] of Object.entries(table)) {
    Object.defineProperty(calls, name, {
      configurable: true,
      enumerable: true,
      get() {
        const native = bind(name, spec);
        Object.defineProperty(calls, name, { value: native, enumerable: true });
        return native;
      },
    });
  }
  return calls as unknown as Calls<T>;
}

/** The result of `bind` for the first of `libraries` that opens and has the symbol. */
export function firstThatBinds(libraries: readonly string[], bind: (library: string) => Native): Native {
  let failure: unknown;
  for (const library of libraries) {
    try {
      return bind(library);
    } catch (cause) {
      failure = cause;
    }
  }
  throw failure;
}
