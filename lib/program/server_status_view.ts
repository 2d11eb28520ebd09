/**
 * What a program sees of a server that it has started.
 *
 * @module
 */

import type { RunningServer } from "../daemon/running_server.ts";
import { PrivilegeError } from "../errors.ts";
import type { ServerView } from "./serve.ts";

/** Looks at a server. @throws {PrivilegeError} if the system does not show it */
export function viewStatus(server: RunningServer): ServerView {
  const { status, pid } = server;
  if (status === undefined) {
    throw new PrivilegeError(
      `Cannot see what the server with process id ${pid} does: the system does not show it to this user; become root`,
    );
  }
  const { personality, startedMs, configuredMs, how, reloads, reloadsRefused, reloadError } = status;
  const children = server.children();
  return { pid, personality, startedMs, configuredMs, how, reloads, reloadsRefused, reloadError, children };
}
