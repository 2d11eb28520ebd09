/**
 * A Worker that makes one blocking call at a time for Bun's main thread.
 *
 * @module
 */

import type { BunGlobals, BunWorker } from "./bun_slice.ts";
import { BLOCKING_CALLS, type BlockingCall } from "./runtime.ts";

const { Worker } = globalThis as unknown as BunGlobals;

/**
 * What runs in the Worker. It is text, started from a Blob, so that a compiled program carries it wherever its
 * author's bundler puts this file.
 */
function workerSource(libraries: readonly string[]): string {
  const symbols = Object.entries(BLOCKING_CALLS).map(([name, { args }]) => {
    const words = args.map((word) => word === "i32" ? "i32" : "u64");
    return `${name}: { args: ${JSON.stringify(words)}, returns: "i32" }`;
  });
  return `
    const { dlopen } = require("bun:ffi");
    let calls;
    for (const library of ${JSON.stringify(libraries)}) {
      try { calls = dlopen(library, { ${symbols.join(", ")} }).symbols; break; } catch {}
    }
    onmessage = ({ data: [call, args] }) => postMessage(calls[call](...args));
  `;
}

/** One helper thread. Its memory is about 2.4 MB; it is started when it is first needed. */
export class BlockingWorker {
  readonly #worker: BunWorker;
  #resolve: ((result: number) => void) | undefined;
  /** What the call under way uses. */
  readonly #kept: unknown[] = [];

  constructor(libraries: readonly string[]) {
    const url = URL.createObjectURL(new Blob([workerSource(libraries)], { type: "text/javascript" }));
    this.#worker = new Worker(url);
    this.#worker.addEventListener("message", ({ data }) => {
      const resolve = this.#resolve;
      this.#resolve = undefined;
      this.#kept[0] = undefined;
      this.#worker.unref(); // without a call it is no reason to stay alive
      resolve?.(data);
    });
  }

  /** Whether a call is under way. */
  get busy(): boolean {
    return this.#resolve !== undefined;
  }

  /** Makes the call with plain numbers; `keep` is held until it returns, so that its memory stays. */
  run(call: BlockingCall, args: readonly number[], keep: unknown): Promise<number> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#kept[0] = keep;
      this.#worker.ref();
      this.#worker.postMessage([call, args]);
    });
  }
}
