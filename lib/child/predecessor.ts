/**
 * The child whose place another takes.
 *
 * @module
 */

import { openProcess, processExists } from "../os/process.ts";
import { pollAway, POLLIN } from "../os/wait.ts";

/** Waits until process `pid` has ended, or the parent has gone. */
export async function awaitPredecessor(pid: number, deathPipeFd: number): Promise<void> {
  const processFd = openProcess(pid);
  const deathPipe = { fd: deathPipeFd, events: POLLIN };
  while (processExists(pid)) {
    const [gone, ended] = processFd === undefined
      ? await pollAway([deathPipe], 50)
      : await pollAway([deathPipe, { fd: processFd, events: POLLIN }], -1);
    if (gone || ended) return;
  }
}
