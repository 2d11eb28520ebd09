/**
 * What a server finds when its process begins: its purpose, what it has inherited, and what its starter left open.
 *
 * @module
 */

import { systemdDescriptors } from "../listen/systemd.ts";
import { libc } from "../os/calls.ts";
import { ignoreSignal } from "../os/process.ts";
import { closeStartersDescriptors, startersDescriptors } from "../os/starters_descriptors.ts";
import { takePurpose } from "../process/self_spawn.ts";
import { LONGEST_TRY_S } from "../restart/dry_run.ts";
import { takeInheritedState } from "../restart/inherited_state.ts";
import { takeRestartNote } from "../restart/reexec.ts";
import { checkRole } from "./lost_role.ts";

/**
 * What this process was started for, and what it has inherited.
 *
 * @param given What the starter left open, where that was looked for before.
 */
export function takeStart(given: readonly number[] | undefined) {
  const self = takePurpose();
  if (self?.purpose.role === "dry_run") libc.alarm(LONGEST_TRY_S);
  const inherited = takeInheritedState();
  takeRestartNote();
  const isFirst = inherited === undefined && (self === undefined || self.purpose.role === "served");
  if (isFirst) checkRole();
  const leftOpen = isFirst ? given ?? startersDescriptors("after_modules") : [];
  return { self, inherited, isFirst, leftOpen };
}

/** Ends what the starter has passed on and a server has no use for. The configuration may have come by one of them. */
export function dropInherited(leftOpen: readonly number[]): void {
  // A log that has reached the limit of a file's size costs lines, not the server: the write fails then. Children, and
  // the program that replaces this one, inherit it.
  ignoreSignal("XFSZ");
  closeStartersDescriptors(leftOpen, systemdDescriptors());
}
