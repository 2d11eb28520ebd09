/**
 * The end of a process whose handler cannot be loaded, so that it never becomes a server.
 *
 * @module
 */

import process from "node:process";
import { reportFailure } from "../daemon/daemon.ts";
import { ParentServer } from "./parent_view.ts";
import type { takeStart } from "./take_start.ts";

/**
 * Tells who waits for this process, and ends what it has inherited.
 *
 * @throws what it was given: the command line reports it
 */
export async function failUnloaded(
  error: Error,
  { self, inherited }: Pick<ReturnType<typeof takeStart>, "self" | "inherited">,
): Promise<never> {
  const isReported = reportFailure(self?.reporter, error);
  if (isReported && self?.purpose.role === "dry_run") process.exit(0);
  if (inherited !== undefined) {
    const server = new ParentServer("PreForkSimple");
    server.holding(inherited.sockets);
    server.release();
    const { abandonInherited } = await import("../restart/abandon.ts");
    await abandonInherited(inherited, (_level, message) => process.stderr.write(`tine: ${message}\n`));
  }
  throw error;
}
