/**
 * The beginning of a server's process: what it was started with is loaded, which a stop ends and an error reports.
 *
 * @module
 */

import { endWhenStalled, Stalled, Uncaught } from "../process/failure.ts";
import { given } from "../process/given.ts";
import { runtime } from "../runtime/choose.ts";
import { endWithStarter } from "./end_with_starter.ts";
import { failUnloaded, StalledLoad } from "./fail_unloaded.ts";
import { reportAndExit } from "./report.ts";
import { type Ends, liveFrom, type ServerParts } from "./server.ts";
import { unlessStopped } from "./stop_at_start.ts";
import { takeStart } from "./take_start.ts";

/** How long a handler may still take to be loaded when the server is to stop, after a restart, in milliseconds. */
const LOADING_GRACE_MS = 10_000;

/**
 * Runs a server until it is stopped. The process ends with it.
 *
 * @param load Loads what it is started with.
 * @param leftOpen What the starter left open, where that was looked for before any module of the program's was loaded.
 */
export async function runServer(
  load: () => Promise<ServerParts>,
  leftOpen?: readonly number[],
): Promise<never> {
  const start = takeStart(leftOpen);
  // Who only tries a restart is a child of the server's.
  if (given !== undefined && start.self?.purpose.role !== "dry_run") endWithStarter(given);
  const ends: Ends = { fail: (error) => failUnloaded(error, start), lastly: () => {}, isLoaded: false };
  endWhenStalled(
    () => ends.fail(ends.isLoaded ? new Stalled(ends.client?.()) : new StalledLoad()).catch(reportAndExit),
    () => ends.lastly(),
  );
  // After a restart there are children, who are to be told in order: a stop waits for the handler a little.
  const graceMs = start.inherited === undefined ? 0 : LOADING_GRACE_MS;
  // Who only tries says what nothing catches. A server does so as soon as it has a log.
  if (start.self?.purpose.role === "dry_run") {
    runtime.onUncaught((cause) => void ends.fail(new Uncaught(cause)).catch(reportAndExit));
  }
  const parts = await unlessStopped(load, graceMs).catch(ends.fail);
  return await liveFrom(start, parts, ends);
}
