/**
 * Configuration → the user that the server becomes and its root directory; what the parent and the children do of it.
 *
 * @module
 */

import { kindOfApp, parseApp } from "../config/apps.ts";
import type { Log } from "../log/sink.ts";
import { LEVEL } from "../log/line_format.ts";
import { accessSync, constants, lchownSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type LoadedConfig, originOf } from "../config/config.ts";
import { ConfigError, PrivilegeError } from "../errors.ts";
import {
  currentGroups,
  currentIds,
  findGroup,
  findUser,
  groupsOf,
  type Identity,
  type UserEntry,
} from "../os/user.ts";
import { runtime } from "../runtime/choose.ts";
import { confine, type Confinement, isIdentity } from "./confine.ts";

const LARGEST_ID = 0xfffffffe; // -1 means "leave as it is" to the system

function fault(loaded: LoadedConfig, key: "user" | "group" | "chroot", why: string): ConfigError {
  const place = originOf(loaded, key);
  const value = JSON.stringify(loaded.config[key]);
  return new ConfigError(`Cannot set ${key} to ${value}: ${why}`, {
    option: key,
    ...(place === undefined ? {} : { place }),
  });
}

function number(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= LARGEST_ID ? Number(text) : undefined;
}

function wantedUser(loaded: LoadedConfig, text: string): Partial<UserEntry> & { readonly uid: number } {
  const uid = number(text);
  const found = uid === undefined ? findUser(text) : findUser(uid);
  if (found !== undefined) return found;
  if (uid === undefined) throw fault(loaded, "user", "there is no such user; create it, or give another");
  return { uid };
}

function wantedGroups(loaded: LoadedConfig, text: string): readonly [number, ...number[]] {
  const groups = text.split(/[\s,]+/).filter(Boolean).map((word) => {
    const gid = number(word) ?? findGroup(word);
    if (gid !== undefined) return gid;
    throw fault(loaded, "group", `there is no group "${word}"; create it, or give another`);
  });
  const [first, ...others] = groups;
  if (first === undefined) throw fault(loaded, "group", "it names no group; give one, or leave it out");
  return [first, ...others];
}

/** The user and groups that the options ask for. */
function wantedIdentity(loaded: LoadedConfig, log: Log): Identity {
  const { user, group } = loaded.config;
  const { uids, gids } = currentIds();
  const own: Identity = { uid: uids[1] as number, gid: gids[1] as number, groups: currentGroups() };
  const groups = group === undefined ? undefined : wantedGroups(loaded, group);
  if (user === undefined) {
    if (groups === undefined) {
      log(LEVEL.info, `Group Not Defined.  Defaulting to EGID '${[own.gid, ...own.groups].join(" ")}'`);
    }
    // Net::Server warns twice. Who is not root has nothing to lose.
    if (own.uid === 0) log(LEVEL.notice, "Running as root: set user and group to give that up");
    log(LEVEL.info, `User Not Defined.  Defaulting to EUID '${own.uid}'`);
    return groups === undefined ? own : { uid: own.uid, gid: groups[0], groups };
  }
  const entry = wantedUser(loaded, user);
  if (groups !== undefined) return { uid: entry.uid, gid: groups[0], groups };
  if (uids.every((uid) => uid === entry.uid)) return own;
  const { name, gid } = entry;
  if (name === undefined || gid === undefined) {
    throw fault(loaded, "user", "it has no entry that tells its groups; give group too");
  }
  // Net::Server would keep the caller's groups, root's own among them.
  const theirs = groupsOf({ name, uid: entry.uid, gid });
  log(LEVEL.notice, `Group Not Defined.  Taking those of user "${name}": ${theirs.join(" ")}`);
  return { uid: entry.uid, gid, groups: theirs };
}

/**
 * What the options ask this server to be reduced to.
 *
 * @throws {ConfigError} if a user, a group or a directory does not exist
 */
export function planConfinement(loaded: LoadedConfig, log: Log): Confinement {
  const { chroot } = loaded.config;
  const identity = wantedIdentity(loaded, log);
  const become = isIdentity(identity) ? undefined : identity;
  if (chroot === undefined) return { become };
  if (statSync(chroot, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw fault(loaded, "chroot", "there is no such directory; create it, or give another");
  }
  if (currentIds().uids[1] !== 0) {
    const { message } = fault(loaded, "chroot", "only root can; start as root, or remove it");
    throw new PrivilegeError(message);
  }
  return { chroot, become };
}

/** Gives files to the user that the server becomes (Net::Server's `chown_files`). */
export function giveFiles(paths: readonly string[], owner: Identity): void {
  for (const path of paths) {
    try {
      lchownSync(path, owner.uid, owner.gid);
    } catch (cause) {
      throw new PrivilegeError(
        `Cannot give "${path}" to user ${owner.uid}: ${
          (cause as Error).message
        }; start as root, or leave user and ` +
          "group out",
        { cause },
      );
    }
  }
}

/** Checks that the new user can start children: otherwise each of them would fail. */
function checkReach(handlerUrl: string | undefined, app: readonly string[]): void {
  const { mainModule, standalone, executable } = runtime;
  const modules = standalone ? [handlerUrl] : [mainModule, handlerUrl];
  const files: [string, number][] = [[executable, constants.X_OK]];
  for (const module of modules) {
    if (module?.startsWith("file:")) files.push([fileURLToPath(module), constants.R_OK]);
    else if (module?.startsWith("/")) files.push([module, constants.R_OK]);
  }
  for (const { target } of app.map(parseApp)) {
    const mode = kindOfApp(target) === "module" ? constants.R_OK : constants.X_OK;
    if (target.startsWith("/")) files.push([target, mode]);
  }
  for (const [path, mode] of files) {
    try {
      accessSync(path, mode);
    } catch (cause) {
      const verb = mode === constants.X_OK ? "execute" : "read";
      throw new PrivilegeError(
        `Cannot start children as user ${currentIds().uids[1]}: it may not ${verb} "${path}"; install the ` +
          "program where that user may",
        { cause },
      );
    }
  }
}

/**
 * Reduces the parent.
 *
 * Under `chroot` it stays as it is, outside, because no program could be started from inside: neither the runtime nor
 * its libraries are there. Each of its children is confined when it has loaded everything.
 *
 * @returns What remains for each child to do; undefined if nothing does.
 * @throws {PrivilegeError} if that fails, or is not for good
 */
export function confineParent(
  confinement: Confinement,
  options: {
    readonly handlerUrl: string | undefined;
    /** The option `app`, with absolute targets. @default [] */
    readonly app?: readonly string[];
    readonly log: Log;
  },
): Confinement | undefined {
  const { chroot, become } = confinement;
  const { log, handlerUrl, app = [] } = options;
  if (chroot !== undefined) {
    log(
      LEVEL.notice,
      `Chrooting to ${chroot}: each child, before its first client; the parent stays outside as it is`,
    );
    return confinement;
  }
  if (become === undefined) return undefined;
  log(LEVEL.notice, `Setting gid to "${[become.gid, ...become.groups].join(" ")}"`);
  log(LEVEL.notice, `Setting uid to "${become.uid}"`);
  confine(confinement);
  checkReach(handlerUrl, app);
  return undefined;
}
