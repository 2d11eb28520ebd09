/**
 * A child of a server that the command line started. On Deno it is a main module too: Deno looks through whatever its
 * main module imports, used or not, which for `cli.ts` is all that a parent can do.
 *
 * @module
 */

import { runNamed } from "../child/run_named.ts";
import { childTicket } from "../server/role.ts";

/** Something has started a child again that its parent did not start. */
async function refuse(): Promise<never> {
  const [{ reportAndExit }, { TineError }, { EX_UNAVAILABLE }] = await Promise.all([
    import("../server/report.ts"),
    import("../errors.ts"),
    import("../exit_codes.ts"),
  ]);
  const message = "Cannot run a child without its parent: a server starts its children itself; run cli.ts";
  return reportAndExit(new TineError(message, { exitCode: EX_UNAVAILABLE }));
}

if (import.meta.main) {
  const ticket = childTicket();
  // Not awaited, as in cli.ts: the module is whole, whatever the child still waits for.
  if (ticket === undefined) refuse();
  else runNamed(ticket);
}
