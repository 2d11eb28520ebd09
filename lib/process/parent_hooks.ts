/**
 * The hooks of a parent at work. Each is awaited, but none keeps the server from stopping.
 *
 * @module
 */

import type { Config } from "../config/options.ts";
import type { Handler } from "../context.ts";
import type { Hooks } from "../hooks.ts";
import { LEVEL } from "../log/line_format.ts";
import type { Logger } from "../log/logger.ts";
import type { Log } from "../log/sink.ts";
import { setAlarm } from "./alarm.ts";
import { callHook } from "./failure.ts";
import type { Inbox } from "./inbox.ts";

/** What calling hooks needs. */
export interface ParentHooksParts {
  readonly hooks: Hooks | undefined;
  readonly inbox: Inbox;
  /** How long a hook may take once the server is to stop (`stop_timeout`), in milliseconds. */
  readonly stopTimeoutMs: number;
  readonly log: Log;
}

/** Calls hooks. */
export class ParentHooks {
  readonly #parts: ParentHooksParts;

  constructor(parts: ParentHooksParts) {
    this.#parts = parts;
  }

  /**
   * Calls a hook and waits for it. If the server is to stop, it has `stop_timeout`, or until a second signal to stop.
   *
   * @param options `isStopping`: whether the server stops already, so that a single signal is the second.
   * @throws {Failure} if it throws in time
   */
  async call(
    name: keyof Hooks,
    call: (hooks: Hooks) => unknown,
    { isStopping = false }: { readonly isStopping?: boolean } = {},
  ): Promise<void> {
    const { hooks } = this.#parts;
    if (hooks?.[name] === undefined) return;
    const limit = this.#limit(isStopping);
    try {
      const work = callHook(hooks, name, call).then(() => undefined);
      const why = await Promise.race([work, limit.reached]);
      if (why === undefined) return;
      work.catch(() => {}); // it is not waited for any more
      this.#parts.log(LEVEL.warning, `The hook ${name} ${why}: the server stops without waiting for it`);
    } finally {
      limit.forget();
    }
  }

  /** Why a hook is not waited for any more, once that is so. */
  #limit(isStopping: boolean): { readonly reached: Promise<string>; readonly forget: () => void } {
    const { inbox, stopTimeoutMs } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<string>();
    let callOff: (() => void) | undefined;
    const look = () => {
      const stops = inbox.count("stop", "quit") + Number(isStopping);
      if (stops > 1) resolve("had not ended when the server was told to stop again");
      else if (stops === 1) {
        callOff ??= setAlarm(
          stopTimeoutMs,
          () => resolve(`did not end within stop_timeout (${stopTimeoutMs / 1000} s)`),
          // A hook that awaits what can never come is found out at once.
          { keepsAlive: false },
        );
      }
    };
    const before = inbox.onPush;
    inbox.onPush = () => {
      before();
      look();
    };
    look();
    return {
      reached: promise,
      forget: () => {
        callOff?.();
        inbox.onPush = before;
      },
    };
  }
}

/** The hooks of a server with these options, which are called beside that inbox. */
export function parentHooks(
  { handler, config, logger }: {
    readonly handler: Handler;
    readonly config: Config;
    readonly logger: Logger;
  },
  inbox: Inbox,
): ParentHooks {
  return new ParentHooks({
    hooks: handler.hooks,
    inbox,
    stopTimeoutMs: config.stopTimeout * 1000,
    log: (level, message) => logger.log(level, message),
  });
}
