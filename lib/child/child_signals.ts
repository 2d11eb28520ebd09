/**
 * What a child is told from outside: signals, and the end of its parent.
 *
 * @module
 */

import { signalAtParentsEnd, unblockSignals } from "../os/process.ts";
import { pollAway, POLLIN } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import { type ChildAction, HEARD_SIGNALS, SIGNALS } from "../signals.ts";
import type { ChildKind } from "../hooks.ts";

/** Listens to the signals of a child. */
export function listenToSignals(kind: ChildKind, act: Readonly<Record<ChildAction, () => void>>): void {
  for (const { name, child } of SIGNALS) {
    if (child === undefined) continue;
    // A dequeue child has no client to finish (Net::Server's run_dequeue).
    const action = child === "leave_after_client" && kind === "dequeue" ? "leave_now" : child;
    runtime.onSignal(name, act[action]);
  }
  // The parent started this process with them held back: none can have been lost.
  unblockSignals(HEARD_SIGNALS);
}

/** What tells a child that its parent has gone. Its default is to have no effect. */
const PARENT_GONE_SIGNAL = "URG";
/** How long after that the parent's descriptors are closed at the latest. */
const CLOSING_MS = 1000;

/**
 * Calls `act` once, when the parent has gone, whatever this process does then, as long as its event loop turns. It costs no
 * system call a client: the kernel sends a signal. To be asked for last: it is forgotten when a process becomes another
 * user.
 */
export function watchParentsEnd(deathPipeFd: number, act: () => void): void {
  let isTold = false;
  runtime.onSignal(PARENT_GONE_SIGNAL, async () => {
    // The signal is sent when the thread that started this process has ended, the pipe is closed with the last thread.
    const [gone] = await pollAway([{ fd: deathPipeFd, events: POLLIN }], CLOSING_MS);
    // Each thread of the parent's that is left takes the place of the one before, and its end is a signal too.
    if (!gone || isTold) return;
    isTold = true;
    act();
  });
  signalAtParentsEnd(PARENT_GONE_SIGNAL);
}
