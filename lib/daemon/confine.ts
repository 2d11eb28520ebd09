/**
 * Giving up rights for good: the root directory, the groups, the user, and the proof that they are gone. Parent and
 * children alike; a child under `chroot` does it before its first client.
 *
 * @module
 */

import { PrivilegeError } from "../errors.ts";
import { localTime } from "../log/line_format.ts";
import { isLinux } from "../os/constants.ts";
import { runtime } from "../runtime/choose.ts";
import { closeCaches } from "../os/runtime_files.ts";
import {
  becomeIdentity,
  canRegainRoot,
  changeRoot,
  currentGroups,
  currentIds,
  type Identity,
} from "../os/user.ts";

/** What a process is to be reduced to. */
export interface Confinement {
  /** The directory that becomes its root. */
  readonly chroot?: string | undefined;
  /** The user that it becomes; undefined for no change. */
  readonly become?: Identity | undefined;
}

function sameSet(one: readonly number[], other: readonly number[]): boolean {
  return [...new Set(one)].toSorted().join() === [...new Set(other)].toSorted().join();
}

/** Whether this process is `identity` already, in every respect. The system may list `gid` among the groups or not. */
export function isIdentity({ uid, gid, groups }: Identity): boolean {
  const { uids, gids } = currentIds();
  return uids.every((id) => id === uid) && gids.every((id) => id === gid) &&
    sameSet([gid, ...currentGroups()], [gid, ...groups]);
}

/**
 * Becomes `identity`, and proves that nothing of what this process was before is left.
 *
 * @param become Makes the change: what it claims to have done is not believed.
 * @throws {PrivilegeError} if the system refuses, or root can be had again: the process must end then
 */
export function dropTo(identity: Identity, become: (identity: Identity) => void = becomeIdentity): void {
  try {
    become(identity);
  } catch (cause) {
    throw new PrivilegeError(`${(cause as Error).message}; start as root, or leave user and group out`, {
      cause,
    });
  }
  if (!isIdentity(identity)) {
    const { uids, gids } = currentIds();
    throw new PrivilegeError(
      `Cannot go on as user ${identity.uid}: the process has the users ${uids}, the groups ${gids} and the ` +
        `supplementary groups ${currentGroups()} after the change`,
    );
  }
  if (identity.uid !== 0 && canRegainRoot()) {
    throw new PrivilegeError(`Cannot go on as user ${identity.uid}: the process could become root again`);
  }
}

/**
 * Changes the root directory, then the user.
 *
 * @throws {PrivilegeError} if that fails, or is not for good
 */
export function confine({ chroot, become }: Confinement): void {
  if (chroot === undefined && become === undefined) return;
  // While /proc and the files can be reached.
  if (isLinux) closeCaches();
  if (chroot !== undefined) {
    // The time zone is read from files when it is first asked for: the log keeps local time by this.
    new Date().getTimezoneOffset();
    localTime(new Date());
    runtime.prepareNewRoot();
    try {
      changeRoot(chroot);
    } catch (cause) {
      throw new PrivilegeError(`${(cause as Error).message}; start as root, or leave chroot out`, { cause });
    }
  }
  // After the root, because only root may change that.
  if (become !== undefined) dropTo(become);
}
