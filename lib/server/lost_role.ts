/**
 * A server is never started by accident: not by a runtime that watches files, and not by a child that something has
 * started again.
 *
 * @module
 */

import { TineError, UsageError } from "../errors.ts";
import { EX_UNAVAILABLE } from "../exit_codes.ts";
import { ORIGIN_VARIABLE } from "../handoff.ts";
import { programMark, watchFlag } from "../os/command_line.ts";
import { runtime } from "../runtime/choose.ts";

/** Why a process with this origin is no server of its own; undefined if it may be one. Pure. */
function lostRole(origin: string | undefined, mark: string): string | undefined {
  const [parent, program] = origin?.split(" ") ?? [];
  // A handler may start another server, or this program with other arguments.
  return program === mark ? parent : undefined;
}

/** @throws {TineError} if this process is not to be a server */
export function checkRole(): void {
  // Taken away, so that it is not said of servers that this one's handlers start.
  const parent = lostRole(runtime.takeVariable(ORIGIN_VARIABLE), programMark());
  if (parent !== undefined) {
    throw new TineError(
      `Cannot serve: this process comes from a child of the server with process id ${parent}, which starts its children ` +
        "itself; do not start one again",
      { exitCode: EX_UNAVAILABLE },
    );
  }
  const flag = watchFlag();
  if (flag !== undefined) {
    throw new UsageError(
      `Cannot serve under ${flag}: ${runtime.name} would start the server again beside its own children; give ` +
        "--watch behind the program's name, which is the server's own",
    );
  }
}
