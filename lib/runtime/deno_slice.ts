/**
 * What this folder uses of Deno's namespace, declared here since a program that imports Tine is checked together with
 * it, and on Bun that program has no declarations of Deno's. That they agree with Deno's own is for
 * `tests/outside/slices_test.ts` to say.
 *
 * @module
 */

/** A C function, as `dlopen` is told of it. */
export interface ForeignFunction {
  readonly name: string;
  readonly parameters: readonly ("i32" | "u32" | "usize" | "buffer")[];
  readonly result: "i32" | "u64" | "void";
  readonly nonblocking?: boolean;
}

/** An address. It has no members: only functions of Deno's take it. */
export type Pointer = object | null;

/** The permissions that Tine asks about. */
export type PermissionName = "env" | "ffi" | "net" | "read" | "run" | "sys" | "write";

/** The slice of Deno's namespace. */
export interface DenoSlice {
  readonly build: { readonly os: string; readonly arch: string; readonly standalone: boolean };
  readonly version: { readonly deno: string };
  readonly pid: number;
  readonly mainModule: string;
  readonly env: {
    get(name: string): string | undefined;
    delete(name: string): void;
    toObject(): Record<string, string>;
  };
  readonly permissions: {
    querySync(asked: { readonly name: PermissionName }): { readonly state: string };
  };
  readonly UnsafePointer: {
    create(address: bigint): Pointer;
    of(bytes: Uint8Array<ArrayBuffer>): Pointer;
    value(pointer: Pointer): bigint;
  };
  readonly UnsafePointerView: { getArrayBuffer(pointer: object, size: number): ArrayBuffer };
  addSignalListener(signal: `SIG${string}`, listener: () => void): void;
  dlopen(
    library: string,
    symbols: Readonly<Record<string, ForeignFunction>>,
  ): { readonly symbols: Readonly<Record<string, unknown>> };
  execPath(): string;
  unrefTimer(id: number): void;
  exit(status: number): never;
  readTextFileSync(path: string): string;
}
