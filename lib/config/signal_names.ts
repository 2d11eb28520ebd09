/**
 * Names of signals in configuration.
 *
 * @module
 */

import { constants } from "node:os";

/** No process can catch these, so none can pass them on. */
const UNCATCHABLE = ["SIGKILL", "SIGSTOP"];

/** `usr1, SIGUSR2` → `["USR1", "USR2"]`; undefined if one is no signal, or none that can be caught. */
export function signalNames(text: string): string[] | undefined {
  const names: string[] = [];
  for (const part of text.split(",")) {
    const name = "SIG" + part.trim().toUpperCase().replace(/^SIG/, "");
    if (!Object.hasOwn(constants.signals, name) || UNCATCHABLE.includes(name)) return undefined;
    names.push(name.slice("SIG".length));
  }
  return names;
}
