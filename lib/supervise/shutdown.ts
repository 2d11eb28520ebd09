/**
 * Ending the children: gently, at once, or by force.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import { handleLateSignals } from "./handle_signals.ts";
import type { Parent } from "./parent.ts";

/** Waits until all children have ended, at most until `deadline` (by `performance.now`), or until `enough`. */
async function untilGone(parent: Parent, deadline: number, enough: () => boolean): Promise<void> {
  // The signal of a child's end may have come together with the one that brought us here.
  await parent.reapEnded();
  while (parent.children.size > 0 && performance.now() < deadline && !enough()) {
    const left = deadline - performance.now();
    await parent.inbox.wait(Math.min(left, 60_000));
    await parent.reapEnded();
  }
}

/** Whether a second signal wants the stop to be quicker. */
function wantsToEndSooner(parent: Parent): boolean {
  const end = handleLateSignals(parent);
  if (end !== "stop" && end !== "quit") return false;
  parent.stopRequested = true;
  return true;
}

/**
 * Lets every child finish its client, however long that takes; a second signal to stop ends the wait.
 *
 * @param timeoutMs The longest wait in milliseconds.
 */
export async function finishChildren(parent: Parent, timeoutMs = Infinity): Promise<void> {
  if (parent.children.size > 0) parent.log(LEVEL.notice, "Sending children hup signal");
  for (const child of parent.children) {
    // One that waits for another's end would take its place now.
    parent.dismiss(child, child.after === undefined ? "HUP" : "TERM");
  }
  await untilGone(parent, performance.now() + timeoutMs, () => wantsToEndSooner(parent));
}

/** Ends all children: TERM, and KILL for those that are still there after `stop_timeout`. */
export async function closeChildren(parent: Parent): Promise<void> {
  const { stopTimeout } = parent.parts.config;
  for (const child of parent.children) parent.dismiss(child, "TERM");
  let why = `did not end within ${stopTimeout} s`;
  await untilGone(parent, performance.now() + stopTimeout * 1000, () => {
    const sooner = wantsToEndSooner(parent);
    if (sooner) why = "had not ended when the server was told to stop again";
    return sooner;
  });
  for (const child of parent.children) {
    parent.log(LEVEL.warning, `Child ${child.pid} ${why}: sending SIGKILL`);
    parent.dismiss(child, "KILL");
  }
  await untilGone(parent, Infinity, () => {
    handleLateSignals(parent);
    return false;
  });
}
