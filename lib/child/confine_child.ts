/**
 * What the parent could not do for its children: `chroot`, and the user with it.
 *
 * @module
 */

import { confine, type Confinement } from "../daemon/confine.ts";

/** Confines this process for good, when everything else is loaded. @throws {PrivilegeError} if that fails */
export async function confineChild(confinement: Confinement): Promise<void> {
  // What is asked for later, and could not be loaded any more.
  await import("../connection/node_stream.ts");
  await import("./concurrent_clients.ts");
  await import("./predecessor.ts");
  confine(confinement);
}
