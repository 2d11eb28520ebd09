/**
 * A server that another program has started for itself ends with it, however that ends.
 *
 * @module
 */

import process from "node:process";
import { sendSignal, signalAtParentsEnd } from "../os/process.ts";
import type { Given } from "../process/given.ts";

/** Has this process stopped when the program ends that started it, or at once if it has ended. Linux alone. */
export function endWithStarter({ starter }: Pick<Given, "starter">): void {
  signalAtParentsEnd("TERM");
  // It may have gone before that.
  if (process.ppid !== starter) sendSignal(process.pid, "TERM");
}
