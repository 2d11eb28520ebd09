/**
 * What the parent does about signals, in its loop and while it stops.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import { decide, type LoopEnd } from "../process/actions.ts";
import type { Logger } from "../log/logger.ts";
import type { DescriptorMailbox } from "../os/descriptor_mailbox.ts";
import type { Parent } from "./parent.ts";

const ABOUT_TO_END =
  "Cannot change the number of children: the server is about to end, or to take up its configuration";

/** Does what the signals that have come ask for. Returns what ends the loop. */
export async function handleSignals(parent: Parent): Promise<LoopEnd | undefined> {
  const { more, fewer, end } = handleEffects(parent);
  for (let i = 0; i < more; i++) await parent.scale(1);
  for (let i = 0; i < fewer; i++) await parent.scale(-1);
  return end;
}

/**
 * The same while the server ends or restarts. Clients may take long to be finished: the log is opened again meanwhile. The
 * number of children has no meaning any more.
 */
export function handleLateSignals(parent: Parent): LoopEnd | undefined {
  const { more, fewer, end } = handleEffects(parent);
  if (more + fewer > 0) {
    parent.parts.daemon.scaleRefused(ABOUT_TO_END);
    parent.log(LEVEL.notice, ABOUT_TO_END);
  }
  return end;
}

function handleEffects(parent: Parent): ReturnType<typeof decide> {
  const { actions, passed } = parent.inbox.take();
  const decision = decide(actions);
  // Before signals are passed on, because children look for the new log when they hear of it.
  if (decision.reopen) reopenLog(parent);
  for (const signal of passed) parent.passOn(signal);
  return decision;
}

/** Opens the log again, and lets children do the same with what this process has opened. */
function reopenLog(parent: Parent): void {
  const { logger, config, daemon } = parent.parts;
  if (!logger.reopen()) return;
  daemon.reopened(logger.fileFd);
  if (!handOnLog(logger, parent.mailbox)) return;
  if (!config.sigPassthrough?.includes("USR1")) parent.passOn("USR1");
}

/** Leaves the log that was opened again where children find it, who are to be signalled then. False: it cannot be had. */
export function handOnLog(logger: Logger, mailbox: DescriptorMailbox | undefined): boolean {
  try {
    mailbox?.leave(logger.descriptor);
    return true;
  } catch (error) {
    logger.log(LEVEL.warning, `Children go on with the old log_file: ${(error as Error).message}`);
    return false;
  }
}
