/**
 * What this folder uses of Bun's globals, declared here since a program that imports Tine is checked together with it,
 * and on Deno that program has no declarations of Bun's. That they agree with `bun-types` is for
 * `tests/outside/slices_test.ts` to say. What is imported from `bun:ffi` needs none: Deno does not look into it.
 *
 * @module
 */

/** The slice of Bun's namespace. */
export interface BunSlice {
  readonly version: string;
  readonly main: string;
  resolveSync(specifier: string, folder: string): string;
}

/** The slice of a Worker. Only Bun has one that can be no reason for its process to stay alive. */
export interface BunWorker {
  addEventListener(type: "message", listener: (event: { readonly data: number }) => void): void;
  postMessage(message: unknown): void;
  ref(): void;
  unref(): void;
}

/** The slice of Bun's globals. */
export interface BunGlobals {
  readonly Bun: BunSlice;
  readonly Worker: new (url: string) => BunWorker;
}
