/**
 * A restart is tried before it is made: the program is started once more beside the server, does all that a restart
 * does short of starting children, and says how that went. So the new configuration is checked by the new program, and
 * an error in either costs no client.
 *
 * @module
 */

import { SpawnError, TineError } from "../errors.ts";
import { sendSignal } from "../os/process.ts";
import { pollAway, POLLIN } from "../os/wait.ts";
import { awaitEnding, type Purpose, readReport, type SpawnedSelf, spawnSelf } from "../process/self_spawn.ts";

/** How long the program may take. A handler's module that needs longer would keep its children waiting as well. */
const LONGEST_MS = 30_000;

/** What may make the try pointless. */
export interface Interrupt {
  /** Called with the process id of the program that tries. */
  readonly started: (pid: number) => void;
  /** Readable when it is worth looking. */
  readonly fd: number;
  /** Whether the try is to be given up. */
  readonly isDue: () => boolean;
  /** Called after a look, so that the descriptor tells of news only. */
  readonly taken: () => void;
}

/** Whether the report is there, before the time is over or a stop comes. */
async function awaitReport(self: SpawnedSelf, interrupt: Interrupt | undefined): Promise<boolean> {
  const end = performance.now() + LONGEST_MS;
  const descriptors = [self.fd, ...(interrupt === undefined ? [] : [interrupt.fd])];
  for (;;) {
    const left = end - performance.now();
    if (left <= 0 || interrupt?.isDue() === true) return false;
    const [reported, news] = await pollAway(descriptors.map((fd) => ({ fd, events: POLLIN })), left);
    if (reported) return true;
    if (news) interrupt?.taken();
  }
}

/**
 * Tries a restart.
 *
 * @throws {TineError} with the reason, if it would fail
 */
export async function tryRestart(
  purpose: Purpose & { readonly role: "dry_run" },
  interrupt?: Interrupt,
): Promise<void> {
  const self = spawnSelf(purpose, {
    inherit: purpose.sockets.map(({ fd }) => fd),
    newSession: false,
  });
  interrupt?.started(self.pid);
  const reported = await awaitReport(self, interrupt);
  const report = readReport(self);
  // It has said what it had to say, or is not waited for any more.
  sendSignal(self.pid, "KILL");
  await awaitEnding(self);
  if (report === undefined) {
    if (interrupt?.isDue() === true) {
      throw new SpawnError("Cannot check the new configuration: the server is to stop");
    }
    throw new SpawnError(
      reported
        ? "Cannot check the new configuration: the program ended before it had; what it said stands above"
        : `Cannot check the new configuration: the program took longer than ${LONGEST_MS / 1000} s`,
    );
  }
  if ("failed" in report) throw new TineError(report.failed, { exitCode: report.exitCode });
}
