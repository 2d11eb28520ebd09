/**
 * The end of a restart that fails before the new program has its children: they are ended, as they would be by a server
 * that closes.
 *
 * @module
 */

import { removePidFile } from "../daemon/pid_file.ts";
import type { Log } from "../log/sink.ts";
import { reap, sendSignal } from "../os/process.ts";
import { pollAway } from "../os/wait.ts";
import { takeOverSerializer } from "../serialize/prepare.ts";
import type { InheritedState } from "./inherited_state.ts";

/** How long they may take where the `stop_timeout` is not known, and to be gone when they were killed. */
const LIMIT_MS = 10_000;
/** How often their ends are looked for. */
const LOOK_MS = 10;

/** How {@linkcode abandonInherited} ends them. */
export interface AbandonOptions {
  /** Where there is no {@linkcode Daemon} yet that removes the pid file: what to tell if it cannot be removed. */
  readonly log?: Log | undefined;
  /**
   * How often it was told to stop: never means that clients are finished first, for as long as they like; twice, that
   * children are killed. @default once
   */
  readonly stops?: (() => number) | undefined;
}

/** Ends the children that were handed on, and removes what they shared. */
export async function abandonInherited(
  { generations, daemon }: InheritedState,
  { log, stops = () => 1 }: AbandonOptions,
): Promise<void> {
  const left = new Set(generations.flatMap(({ children }) => children.map(({ pid }) => pid)));
  const end = async (signal: string, isOver: () => boolean) => {
    for (const pid of left) sendSignal(pid, signal);
    for (;;) {
      for (const pid of left) if (reap(pid) !== undefined) left.delete(pid);
      if (left.size === 0 || isOver()) return;
      await pollAway([], LOOK_MS);
    }
  };
  const after = (limitMs: number) => {
    const deadline = performance.now() + limitMs;
    return () => performance.now() >= deadline;
  };
  if (stops() === 0) await end("HUP", () => stops() > 0);
  const isLate = after(daemon.stopTimeout === undefined ? LIMIT_MS : daemon.stopTimeout * 1000);
  await end("TERM", () => isLate() || stops() > 1);
  await end("KILL", after(LIMIT_MS));
  for (const { serializer } of generations) (await takeOverSerializer(serializer)).remove();
  if (log !== undefined && daemon.pidFile !== undefined) removePidFile(daemon.pidFile, log);
}
