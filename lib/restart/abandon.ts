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

/** How long they may take: the `stop_timeout` of a server that cannot read its options. */
const LIMIT_MS = 10_000;
/** How often their ends are looked for. */
const LOOK_MS = 10;

/**
 * Ends the children that were handed on, and removes what they shared.
 *
 * @param log Where there is no {@linkcode Daemon} yet that removes the pid file: what to tell if it cannot be removed.
 */
export async function abandonInherited(
  { generations, daemon }: InheritedState,
  log: Log | undefined,
): Promise<void> {
  const left = new Set(generations.flatMap(({ children }) => children.map(({ pid }) => pid)));
  const end = async (signal: string, limitMs: number) => {
    for (const pid of left) sendSignal(pid, signal);
    const deadline = performance.now() + limitMs;
    for (;;) {
      for (const pid of left) if (reap(pid) !== undefined) left.delete(pid);
      if (left.size === 0 || performance.now() >= deadline) return;
      await pollAway([], LOOK_MS);
    }
  };
  await end("TERM", LIMIT_MS);
  await end("KILL", LIMIT_MS);
  for (const { serializer } of generations) (await takeOverSerializer(serializer)).remove();
  if (log !== undefined && daemon.pidFile !== undefined) removePidFile(daemon.pidFile, log);
}
