/**
 * What becomes of a process whose handler cannot be loaded, so that it is no server.
 *
 * @module
 */

import process from "node:process";
import { reportFailure } from "../daemon/daemon.ts";
import { TineError } from "../errors.ts";
import { EX_CONFIG, EX_OK, EX_UNAVAILABLE } from "../exit_codes.ts";
import { describeFailure } from "../process/failure.ts";
import { printError } from "../process/print_error.ts";
import { ParentServer } from "./parent_view.ts";
import { StoppedAtStart } from "./stop_at_start.ts";
import type { takeStart } from "./take_start.ts";

/** The handler's module never ends to load, and nothing is left that it could wait for. */
export class StalledLoad extends TineError {
  override name = "StalledLoad";

  constructor() {
    super(
      "Cannot load the handler: its module awaits what can never come (the event loop is empty); look at its top-level " +
        "await",
      { exitCode: EX_CONFIG },
    );
  }
}

/**
 * Tells who waits for this process, and ends what it has inherited if it is to stop. Else a server from before a restart
 * stays, until it can be loaded.
 *
 * @throws what it was given: the command line reports it
 */
export async function failUnloaded(
  error: Error,
  { self, inherited }: Pick<ReturnType<typeof takeStart>, "self" | "inherited">,
): Promise<never> {
  const isStop = error instanceof StoppedAtStart;
  const isReported = reportFailure(
    self?.reporter,
    isStop ? new TineError(error.message, { exitCode: EX_UNAVAILABLE }) : error,
  );
  if (isReported && self?.purpose.role === "dry_run") process.exit(0);
  // The program that waits for it throws the error.
  if (isReported && self?.purpose.role === "served") process.exit(describeFailure(error).exitCode);
  if (inherited !== undefined) {
    if (!isStop) return await (await import("./await_mending.ts")).awaitMending(error, inherited, undefined);
    const server = new ParentServer("PreForkSimple");
    server.holding(inherited.sockets);
    server.release();
    const { abandonInherited } = await import("../restart/abandon.ts");
    await abandonInherited(inherited, { log: (_level, message) => printError(message) });
  }
  if (!isStop) throw error;
  printError(error.message);
  process.exit(EX_OK);
}
