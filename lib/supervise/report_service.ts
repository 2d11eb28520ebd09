/**
 * A server in the background serves, or its start has failed: the command that has started it waits for that.
 *
 * @module
 */

import { SpawnError } from "../errors.ts";
import type { Parent } from "./parent.ts";

/**
 * Tells the command that clients are served once a child is ready.
 *
 * @throws {SpawnError} if children have ended before: the start has failed then
 */
export function reportService(parent: Parent, { diedAtBirth }: { readonly diedAtBirth: number }): void {
  const { daemon, logger } = parent.parts;
  const isServing = [...parent.children].some(({ slot }) => slot !== undefined && slot.state !== "starting");
  if (isServing) return daemon.serving();
  if (diedAtBirth === 0) return;
  const where = logger.file === undefined ? "the log" : `"${logger.file}"`;
  throw new SpawnError(`Cannot serve: children end before they are ready; see ${where} for the cause`);
}
