/**
 * Into the background: the command starts the server and ends when that listens, or says why it does not.
 *
 * There is no fork() here, so the server is this program, started once more.
 *
 * @module
 */

import process from "node:process";
import { SpawnError } from "../errors.ts";
import { EX_OSERR } from "../exit_codes.ts";
import { systemdDescriptors } from "../listen/systemd.ts";
import { sendSignal } from "../os/process.ts";
import { pollAway, POLLIN } from "../os/wait.ts";
import { runtime } from "../runtime/choose.ts";
import { report } from "../process/print.ts";
import { printError } from "../process/print_error.ts";
import { awaitEnding, readReport, spawnSelf } from "../process/self_spawn.ts";

/**
 * Starts the server in the background, and ends this process when it listens (status 0), or has failed and ended (its status).
 *
 * @throws {SpawnError} if it cannot be started, or ends without a word
 */
export async function goToBackground(options: { setsid: boolean }): Promise<never> {
  const self = spawnSelf({ role: "daemon" }, {
    inherit: systemdDescriptors(),
    newSession: options.setsid,
  });
  // Who wants to stop what is started means the server, which then says that it has not come up.
  for (const name of ["INT", "QUIT", "TERM"]) runtime.onSignal(name, () => sendSignal(self.pid, name));
  // A wait also ends when a signal comes.
  while (!(await pollAway([{ fd: self.fd, events: POLLIN }], -1))[0]);
  const answer = readReport(self);
  if (answer === undefined) {
    const { code, signal } = await awaitEnding(self) ?? { pid: self.pid };
    throw new SpawnError(
      `Cannot start the server in the background: it ${
        signal === undefined ? `ended with status ${code}` : `was killed by ${signal}`
      } before it listened`,
    );
  }
  if ("done" in answer) {
    report(`${answer.done}\n`);
    process.exit(0);
  }
  printError(answer.failed);
  // A start that is tried again at once must not find the pid file and the port in use.
  await awaitEnding(self);
  process.exit(answer.exitCode === 0 ? EX_OSERR : answer.exitCode);
}
