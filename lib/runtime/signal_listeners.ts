/**
 * Who listens to which signal, and what came before anybody did. It imports nothing, so that it is there before all else.
 *
 * @module
 */

/** As much of both runtimes as is needed to listen. */
interface Globals {
  readonly Bun?: unknown;
  readonly Deno?: {
    addSignalListener(name: string, listener: () => void): void;
    removeSignalListener(name: string, listener: () => void): void;
    kill(pid: number, name: string): void;
    readonly pid: number;
  };
  readonly process?: {
    on(name: string, listener: () => void): void;
    off(name: string, listener: () => void): void;
    kill(pid: number, name: string): void;
    readonly pid: number;
  };
}

/** What a signal of this name is to be: called, or kept until there is a listener. */
interface Row {
  readonly heard: () => void;
  readonly listeners: Set<() => void>;
  /** How often it came without a listener. */
  kept: number;
}

/** The signals that a server acts on, but for the ends of children, which it looks for anyway. */
const KEPT_AT_START = ["HUP", "INT", "QUIT", "TERM", "TTIN", "TTOU", "USR1"];

/** The listeners of one process. */
export class SignalListeners {
  readonly #globals: Globals;
  readonly #rows = new Map<string, Row>();

  constructor(globals: Globals = globalThis as Globals) {
    this.#globals = globals;
  }

  /**
   * Keeps the signals of a server from now on: their default action would end a process that is about to listen, with
   * its files left behind. A later listener is called for those that came.
   */
  keep(names: readonly string[] = KEPT_AT_START): void {
    for (const name of names) this.#row(name);
  }

  /** Calls `listener` for each signal of this name, and for those that were kept. The result ends that. */
  on(name: string, listener: () => void): () => void {
    const row = this.#row(name);
    row.listeners.add(listener);
    for (; row.kept > 0; row.kept--) listener();
    return () => {
      row.listeners.delete(listener);
    };
  }

  /** Acts as if a signal of this name had come. */
  came(name: string): void {
    const row = this.#row(name);
    if (row.listeners.size === 0) row.kept++;
    for (const listener of row.listeners) listener();
  }

  /** Restores the default action of signals without a listener. Those that were kept take it now. */
  letGo(): void {
    for (const [name, row] of this.#rows) {
      if (row.listeners.size > 0) continue;
      this.#rows.delete(name);
      const deno = this.#deno;
      if (deno !== undefined) deno.removeSignalListener(`SIG${name}`, row.heard);
      else this.#globals.process?.off(`SIG${name}`, row.heard);
      const own = deno ?? this.#globals.process;
      if (row.kept > 0) own?.kill(own.pid, `SIG${name}`);
    }
  }

  /** Deno, where this is its process. A look at the global `process` would load node:process: 13 ms and memory a child. */
  get #deno(): Globals["Deno"] {
    return this.#globals.Bun === undefined ? this.#globals.Deno : undefined;
  }

  #row(name: string): Row {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row: Row = { heard: () => this.came(name), listeners: new Set(), kept: 0 };
    this.#rows.set(name, row);
    const deno = this.#deno;
    if (deno !== undefined) deno.addSignalListener(`SIG${name}`, row.heard);
    else this.#globals.process?.on(`SIG${name}`, row.heard);
    return row;
  }
}

/** The listeners of this process. */
export const signalListeners: SignalListeners = new SignalListeners();
