/**
 * What a hook or the handler threw, and how any error that ends something is described: one class, one way to call a
 * hook, one text.
 *
 * @module
 */

import { TineError } from "../errors.ts";
import type { Address } from "../address.ts";
import { EX_FATAL, EX_NOPERM, EX_STALLED } from "../exit_codes.ts";
import type { Server } from "../context.ts";
import type { Hooks } from "../hooks.ts";
import { formatAddress } from "../os/sockaddr.ts";
import { runtime } from "../runtime/choose.ts";

/** What can throw: a hook, by its name, or the handler. */
export type Thrower = `hook ${string}` | "handler";

/** Where Tine itself is, by path or URL. */
const OWN_PLACES = ["../", "../../cli.ts"].map((place) =>
  new URL(place, import.meta.url).href.replace(/^file:\/\//, "")
);

/** Whether a line of a stack is a call within Tine or the runtime. */
function isCallOfOurs(line: string): boolean {
  const isOwn = OWN_PLACES.some((place) => line.includes(place));
  return /^at /.test(line) && (isOwn || /\b(?:ext|node|native):|processTicks/.test(line));
}

/** The lines of a stack up to the program's own code: what called that is always the same. All, if there is none. */
function programsPart(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => /^at /.test(line) && !isCallOfOurs(line));
  return last < 0 ? lines : lines.filter((line, i) => i <= last || !isCallOfOurs(line));
}

/** An error on one line, with its stack. */
export function describeThrown(error: unknown): string {
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  return programsPart(text.split(/\n\s*/)).join(" | ");
}

/** A hook or the handler threw: the process ends, as a Perl server would `die`. */
export class Failure extends Error {
  override name = "Failure";
  /** What threw. */
  readonly thrower: Thrower;

  constructor(thrower: Thrower, cause: unknown) {
    super(`The ${thrower} threw ${describeThrown(cause)}`, { cause });
    this.thrower = thrower;
  }

  /** What happened, for the end of a line: `the hook preLoop threw …`. */
  get clause(): string {
    return `the ${this.thrower} threw ${describeThrown(this.cause)}`;
  }
}

/** The event loop has run empty while something was awaited: the process would end without a word. */
export class Stalled extends TineError {
  override name = "Stalled";
  /** What happened, for the end of a line. */
  readonly clause: string;

  /** @param client The client that is served, if one is. */
  constructor(client: Address | undefined) {
    const who = client === undefined ? "a hook" : "the handler, or a hook,";
    const cut = client === undefined ? "" : `; the client ${formatAddress(client)} is cut off`;
    const clause = `${who} awaits what can never come (the event loop is empty)${cut}`;
    super(`Cannot go on: ${clause}`, { exitCode: EX_STALLED });
    this.clause = clause;
  }
}

/**
 * Has the process end by `end` when its event loop has run empty. Where that awaits what can never come, too, it ends at
 * once, after `lastly`.
 */
export function endWhenStalled(end: () => Promise<never>, lastly: () => void): void {
  let isEnding = false;
  const endNow = () => {
    lastly();
    runtime.exit(EX_STALLED);
  };
  runtime.onEmptyLoop(() => {
    if (isEnding) return endNow();
    isEnding = true;
    end().catch(endNow);
  });
}

/** An error that nothing has caught, be it thrown or the reason of a promise: the process ends as well. */
export class Uncaught extends Error {
  override name = "Uncaught";

  constructor(cause: unknown) {
    super(`Uncaught ${describeThrown(cause)}`, { cause });
  }
}

/**
 * Calls a hook, if there is one of this name, and waits for it.
 *
 * @returns what it gave; undefined without it
 * @throws {Failure} if it throws
 */
export async function callHook<T>(
  hooks: Hooks | undefined,
  name: keyof Hooks,
  call: (hooks: Hooks) => T,
): Promise<Awaited<T> | undefined> {
  if (hooks?.[name] === undefined) return undefined;
  try {
    return await call(hooks);
  } catch (cause) {
    throw new Failure(`hook ${name}`, cause);
  }
}

/**
 * Calls the hook `fatal` for an error that ends the process. Only an Error is told of.
 *
 * @returns what the hook threw, if it did: the process is on its way out already
 */
export async function callFatalHook(
  hooks: Hooks | undefined,
  server: Server,
  cause: unknown,
): Promise<unknown> {
  try {
    if (cause instanceof Error) await hooks?.fatal?.(server, cause);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

/** What was thrown at first. */
export function causeOf(error: unknown): unknown {
  return error instanceof Failure || error instanceof Uncaught ? error.cause : error;
}

/** Why a process ends, for the end of a line. */
export function clauseOf(error: unknown): string {
  return error instanceof Failure || error instanceof Stalled ? error.clause : describeFailure(error).text;
}

/** An error that ends the process, in one line, and the status to end with. Of a fault of ours it is all that is known. */
export function describeFailure(error: unknown): { text: string; exitCode: number } {
  if (error instanceof TineError) {
    return { text: error.message.replaceAll(/\n\s*/g, " | "), exitCode: error.exitCode };
  }
  // Deno's own error: an executable has the permissions that it was compiled with.
  if (error instanceof Error && error.name === "NotCapable") {
    const text = `Cannot go on without a permission of Deno's: ${error.message}; compile the program with -A`;
    return { text, exitCode: EX_NOPERM };
  }
  const isTold = error instanceof Failure || error instanceof Uncaught;
  return { text: isTold ? error.message : describeThrown(error), exitCode: EX_FATAL };
}
