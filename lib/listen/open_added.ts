/**
 * The ports that a new configuration adds, opened before a restart gives anything up.
 *
 * @module
 */

import { LEVEL } from "../log/line_format.ts";
import {
  bindOptionsOf,
  bindTogether,
  describe,
  givenUpBy,
  isDrawn,
  type Listener,
  type ListenOptions,
} from "./listen.ts";
import { unbind } from "./bind.ts";
import { thisMachine } from "./machine.ts";
import { type Group, planPorts, type Wanted } from "./plan.ts";

/** What of `group` is not among `open`, which those that are there are taken out of; and the number that they share. */
function missingOf(group: Group, open: Listener[]): { missing: Wanted[]; port: number | undefined } {
  let port: number | undefined;
  const missing = group.filter((wanted) => {
    const index = open.findIndex(({ key }) => key === wanted.key);
    if (index < 0) return true;
    const [listener] = open.splice(index, 1);
    if (isDrawn(wanted)) port = listener?.address.port;
    return false;
  });
  return { missing, port };
}

/**
 * Opens the ports of a new configuration that are not open yet.
 *
 * @param options The new configuration.
 * @param open What the server listens on now. It is left as it is.
 * @returns The sockets to hand to the program that is executed next, beside the present ones.
 * @throws {ConfigError} if a port cannot be understood
 * @throws {BindError} if one cannot be opened; those that were opened for it are closed again
 */
export async function openAdded(
  options: Omit<ListenOptions, "inherited">,
  open: readonly Listener[],
): Promise<Listener[]> {
  // The program that is executed next tells of all ports; here, those that are new are told of alone.
  const isOpen = ({ key }: Wanted) => open.some((listener) => listener.key === key);
  const groups = await planPorts({ ...options, log: () => {}, isOpen }, options.machine ?? thisMachine);
  const bindOptions = bindOptionsOf(options, givenUpBy(groups, open));
  const left = [...open];
  const added: Listener[] = [];
  try {
    for (const group of groups) {
      const { missing, port } = missingOf(group, left);
      if (missing.length === 0) continue;
      for (const { target } of missing) options.log(LEVEL.notice, `Binding to ${describe(target)}`);
      options.log(LEVEL.notice, "Added new port configuration");
      added.push(...bindTogether(missing, port, bindOptions));
    }
    return added;
  } catch (error) {
    for (const listener of added) unbind(listener);
    throw error;
  }
}
