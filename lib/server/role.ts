/**
 * Which part this process plays, as its parent left it in the environment.
 *
 * @module
 */

import { ARENAS_VARIABLE, CHILD_VARIABLE, type ChildTicket, LAZY_VARIABLE, parseTicket } from "../handoff.ts";
import { runtime } from "../runtime/choose.ts";

/**
 * The ticket of a child; undefined in the process that a person started. It is taken out of the environment, so that
 * a program which the child starts, perhaps a server too, does not mistake itself for it.
 */
export function childTicket(): ChildTicket | undefined {
  const text = runtime.takeVariable(CHILD_VARIABLE);
  const ticket = text === undefined ? undefined : parseTicket(text);
  if (ticket?.oneArena) runtime.takeVariable(ARENAS_VARIABLE);
  if (ticket?.lazyImports) runtime.takeVariable(LAZY_VARIABLE);
  return ticket;
}
