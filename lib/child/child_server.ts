/**
 * The server as hooks and handlers see it in a child.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import type { Config } from "../config/options.ts";
import type { Address } from "../address.ts";
import type { Server } from "../context.ts";
import { TineError } from "../errors.ts";
import type { Handoff } from "../handoff.ts";
import type { ChildKind } from "../hooks.ts";
import type { Logger } from "../log/logger.ts";
import { sendSignal } from "../os/process.ts";
import { runtime } from "../runtime/choose.ts";
import type { ParentLine } from "./parent_line.ts";

/** What a child's view needs of the child. */
export interface ChildControl {
  /** Leaves at once. */
  leaveNow(code: number): Promise<never>;
  /** Asks the parent to stop the server. */
  askToStop(): void;
}

function refuseToTell(why: string): Promise<never> {
  return Promise.reject(new TineError(`Cannot tell the parent a message: ${why}`));
}

/** The child's view. */
export class ChildServer implements Server {
  readonly role: "child" | "dequeue";
  readonly personality: string;
  readonly config: Config;
  readonly pid: number = runtime.pid;
  readonly parentPid: number;
  readonly listeners: readonly Address[];
  readonly children: readonly number[] = [];
  /** Clients accepted. */
  requests = 0;
  readonly #logger: Logger;
  readonly #control: ChildControl;
  #done = false;
  /** Where `child_communication` is on. */
  line: ParentLine | undefined;

  constructor(handoff: Handoff, kind: ChildKind, logger: Logger, control: ChildControl) {
    this.role = kind === "dequeue" ? "dequeue" : "child";
    this.personality = handoff.personality;
    this.config = handoff.config;
    this.parentPid = handoff.parentPid;
    this.listeners = handoff.listeners.map(({ address }) => address);
    this.#logger = logger;
    this.#control = control;
  }

  log(level: number, message: string): void {
    this.#logger.log(level, message);
  }

  /** Says that there is no client to serve any more. */
  logParentGone(): void {
    this.log(LEVEL.info, "Parent process gone away. Shutting down");
  }

  /** Says that so many clients are not finished, if there are any. */
  logCutOff(clients: number): void {
    if (clients > 0) {
      this.log(
        LEVEL.notice,
        `${clients === 1 ? "1 client is" : `${clients} clients are`} cut off: this child is ended`,
      );
    }
  }

  // deno-lint-ignore tine/no-boolean-parameters -- the name is Net::Server's, and the argument its own
  done(value?: boolean): boolean {
    if (value !== undefined) this.#done = value;
    return this.#done;
  }

  tellParent(message: string | Uint8Array): Promise<void> {
    return this.line === undefined
      ? refuseToTell("child_communication is off; set it")
      : this.line.tell(message);
  }

  serverClose(exitCode = 0): Promise<never> {
    // A parent that has kept its rights under chroot cannot be signalled by its children.
    if (!this.config.noCloseByChild && !sendSignal(this.parentPid, "INT")) this.#control.askToStop();
    return this.#control.leaveNow(exitCode);
  }
}
