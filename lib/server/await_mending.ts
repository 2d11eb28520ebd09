/**
 * A restart was tried and made, and what it loads has been changed since, so that the new program cannot become a server.
 * What it was handed stays as it is: children from before serve on, and it is executed again when that may help.
 *
 * @module
 */

import process from "node:process";
import { StatusFile } from "../daemon/status_file.ts";
import { ServiceManager } from "../daemon/service_manager.ts";
import { EX_OK } from "../exit_codes.ts";
import { LEVEL } from "../log/line_format.ts";
import type { Logger } from "../log/logger.ts";
import { adoptLog, inheritedLog } from "../log/open_log.ts";
import { decide } from "../process/actions.ts";
import { describeFailure } from "../process/failure.ts";
import { Inbox } from "../process/inbox.ts";
import { DescriptorMailbox } from "../os/descriptor_mailbox.ts";
import { sendSignal } from "../os/process.ts";
import { DryRun } from "../restart/dry_run.ts";
import { abandonInherited } from "../restart/abandon.ts";
import type { InheritedState } from "../restart/inherited_state.ts";
import { refuseRestart } from "../restart/prepare_restart.ts";
import { executeAgain, HeldSignals, settleSignals } from "../restart/reexec.ts";
import { handOnLog } from "../supervise/handle_signals.ts";
import { Outputs } from "../supervise/outputs.ts";
import { Watcher } from "../watch/watcher.ts";
import { logUncaught } from "./own_prints.ts";
import { ParentServer } from "./parent_view.ts";

const NOT_LOADED =
  "Cannot change the number of children: the program or its configuration could not be loaded at the last reload";

/** A wait has an end. */
const A_DAY_MS = 86_400_000;

/** A program that cannot load what it needs to be a server. */
class Unloaded {
  readonly #inherited: InheritedState;
  readonly #logger: Logger;
  readonly #status: StatusFile;
  readonly #inbox = new Inbox();
  readonly #outputs: Outputs;
  readonly #manager: ServiceManager;
  /** Where children find the log that was opened again. */
  readonly #mailbox: DescriptorMailbox | undefined;
  #watcher: Watcher | undefined;
  /** The program that is tried. */
  #dryRun: DryRun | undefined;
  #isAskedAgain = false;

  constructor(inherited: InheritedState, logger: Logger | undefined) {
    this.#logger = logger ?? adoptLog(inherited.log);
    // What such a program has begun may fail at any time.
    if (logger === undefined) logUncaught(this.#logger, () => {});
    this.#inherited = logger === undefined ? inherited : { ...inherited, log: inheritedLog(logger) };
    this.#status = new StatusFile(inherited.daemon.statusFd);
    this.#manager = new ServiceManager((level, message) => this.#logger.log(level, message));
    const { mailbox } = inherited;
    this.#mailbox = mailbox === undefined ? undefined : new DescriptorMailbox(mailbox);
    this.#outputs = new Outputs((line, pid) => this.#logger.printed(line, pid));
  }

  /** Tells why, to all who want to know. */
  tell(error: unknown): void {
    const { text } = describeFailure(error);
    const daemon = {
      restartRefused: (why: string) => {
        this.#status.reloadRefused(why);
        this.#manager.ready(`Cannot restart: ${why}`);
      },
    };
    const next = this.#inherited.generations.length > 0
      ? "; the old children continue to serve"
      : "; clients wait until it can be loaded";
    refuseRestart({ logger: this.#logger, daemon }, text, next);
  }

  /** Waits, and is executed again when a change or a HUP calls for it; ends by a signal to stop. */
  async wait(): Promise<never> {
    const { outputs = [], watched } = this.#inherited;
    for (const output of outputs) this.#outputs.adopt(output);
    this.#inbox.watchAll(() => this.#outputs.descriptors);
    this.#inbox.listen([]);
    if (watched !== undefined) {
      this.#watcher = new Watcher(watched, {
        changed: (cause) => {
          this.#logger.log(LEVEL.notice, cause);
          this.#inbox.push("restart");
        },
        warn: (message) => this.#logger.log(LEVEL.warning, message),
      });
      await this.#watcher.start();
    }
    for (;;) {
      await this.#inbox.wait(A_DAY_MS);
      this.#outputs.take();
      const end = this.#handle();
      if (end === "restart") this.#try();
      else if (end !== undefined) await this.#stop(end);
      if (this.#dryRun?.isOver) await this.#conclude(this.#dryRun);
    }
  }

  /** Has the program tried, as a reload does. */
  #try(): void {
    this.#isAskedAgain = this.#dryRun !== undefined;
    if (this.#isAskedAgain) return;
    const { sockets, daemon, generations, log } = this.#inherited;
    this.#manager.reloading();
    try {
      this.#dryRun = new DryRun({
        role: "dry_run",
        hasChildren: generations.length > 0,
        sockets: sockets.map(({ fd, key }) => ({ fd, key })),
        pidFile: daemon.pidFile?.path,
        logFile: log.file,
      });
      this.#inbox.watch(this.#dryRun.fd);
    } catch (error) {
      this.tell(error);
    }
  }

  async #conclude(dryRun: DryRun): Promise<void> {
    this.#dryRun = undefined;
    this.#inbox.unwatch(dryRun.fd);
    try {
      await dryRun.result();
      await this.#execute();
    } catch (error) {
      this.tell(error);
    }
    if (this.#isAskedAgain) this.#inbox.push("restart");
    this.#isAskedAgain = false;
  }

  /** Does what signals ask for. Returns what ends the wait. */
  #handle(): ReturnType<typeof decide>["end"] {
    const { more, fewer, reopen, end } = decide(this.#inbox.take().actions);
    if (reopen && this.#logger.reopen() && handOnLog(this.#logger, this.#mailbox)) {
      this.#signalChildren("USR1");
    }
    if (more + fewer > 0) {
      this.#status.scaleRefused(NOT_LOADED);
      this.#logger.log(LEVEL.notice, NOT_LOADED);
    }
    return end;
  }

  #signalChildren(name: string): void {
    for (const { children } of this.#inherited.generations) {
      for (const { pid } of children) sendSignal(pid, name);
    }
  }

  /** It returns only if the program cannot be executed. */
  async #execute(): Promise<void> {
    const held = new HeldSignals();
    await settleSignals();
    const late = this.#handle();
    try {
      if (late === "stop" || late === "quit") return this.#inbox.push(late);
      this.#logger.log(LEVEL.notice, "Re-exec server during HUP");
      this.#outputs.take();
      this.#logger.close();
      executeAgain({ ...this.#inherited, outputs: this.#outputs.passed, begun: Date.now() }, held);
    } catch (error) {
      this.tell(error);
    } finally {
      held.letIn();
    }
  }

  async #stop(end: "stop" | "quit"): Promise<never> {
    this.#watcher?.stop();
    this.#manager.stopping();
    await this.#dryRun?.cancel();
    this.#logger.log(LEVEL.notice, "Server closing!");
    let stops = end === "stop" ? 1 : 0;
    await abandonInherited(this.#inherited, {
      log: (level, message) => this.#logger.log(level, message),
      stops: () => {
        // What children print would stop them once its pipe is full.
        this.#outputs.take();
        if (["stop", "quit"].includes(this.#handle() ?? "")) stops++;
        return stops;
      },
    });
    this.#outputs.take();
    const server = new ParentServer("PreForkSimple");
    server.holding(this.#inherited.sockets);
    server.release();
    this.#logger.log(LEVEL.notice, "Server stopped");
    this.#logger.close();
    process.exit(EX_OK);
  }
}

/**
 * Waits until what could not be loaded may have been mended.
 *
 * @param error Why it could not be loaded.
 * @param logger The log, if it is open already.
 */
export async function awaitMending(
  error: unknown,
  inherited: InheritedState,
  logger: Logger | undefined,
): Promise<never> {
  const unloaded = new Unloaded(inherited, logger);
  unloaded.tell(error);
  return await unloaded.wait();
}
