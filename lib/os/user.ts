/**
 * Who this process is: users and groups by name or number, and the change from one to another in all threads.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { libc } from "./calls.ts";
import { isLinux } from "./constants.ts";
import { systemError } from "./errno.ts";

const encoder = new TextEncoder();

/** The user, the group and the supplementary groups of a process. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; `gid` is usually one of them. */
  readonly groups: readonly number[];
}

/** What is asked of a user's entry in the password database. */
export interface UserEntry {
  readonly name: string;
  readonly uid: number;
  /** Its primary group. */
  readonly gid: number;
}

function cString(address: number): string {
  const bytes: number[] = [];
  for (let i = 0;; i++) {
    const [byte = 0] = new Uint8Array(runtime.memory(address + i, 1));
    if (byte === 0) return new TextDecoder().decode(Uint8Array.from(bytes));
    bytes.push(byte);
  }
}

/** `struct passwd` begins with two pointers, then uid and gid (glibc, musl, macOS). */
function readUser(address: number): UserEntry | undefined {
  if (address === 0) return undefined;
  const view = new DataView(runtime.memory(address, 24));
  return {
    name: cString(Number(view.getBigUint64(0, true))),
    uid: view.getUint32(16, true),
    gid: view.getUint32(20, true),
  };
}

/** The entry of a user, by name or by number, in whatever database the system asks (getpwnam(3)). */
export function findUser(user: string | number): UserEntry | undefined {
  return readUser(
    typeof user === "number" ? libc.getpwuid(user) : libc.getpwnam(encoder.encode(`${user}\0`)),
  );
}

/** The number of a group by its name: `struct group` begins with two pointers, then gid. */
export function findGroup(name: string): number | undefined {
  const address = libc.getgrnam(encoder.encode(`${name}\0`));
  return address === 0 ? undefined : new DataView(runtime.memory(address, 20)).getUint32(16, true);
}

/** All groups that the group database gives a user, `gid` included (getgrouplist(3)). */
export function groupsOf({ name, gid }: UserEntry): readonly number[] {
  const user = encoder.encode(`${name}\0`);
  for (let room = 64;; room *= 2) {
    const count = Int32Array.of(room);
    const groups = new Uint32Array(room);
    const n = libc.getgrouplist(user, gid, new Uint8Array(groups.buffer), new Uint8Array(count.buffer));
    if (n >= 0) return [...groups.subarray(0, count[0])];
    if (room > 65536) throw systemError("getgrouplist", `read the groups of the user ${name}`);
  }
}

type Triple = "getresuid" | "getresgid";

function triple(call: Triple): readonly number[] {
  const ids = [new Uint32Array(1), new Uint32Array(1), new Uint32Array(1)] as const;
  const [real, effective, saved] = ids.map((id) => new Uint8Array(id.buffer)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  if (libc[call](real, effective, saved) < 0) throw systemError(call, "read the ids of this process");
  return ids.map((id) => id[0] as number);
}

/** The supplementary groups of this process. */
export function currentGroups(): readonly number[] {
  const count = libc.getgroups(0, null);
  const groups = new Uint32Array(Math.max(count, 1));
  const n = libc.getgroups(count, new Uint8Array(groups.buffer));
  if (n < 0) throw systemError("getgroups", "read the groups of this process");
  return [...groups.subarray(0, n)];
}

/** The real, effective and saved user and group of this process. macOS tells the real and effective ones only. */
export function currentIds(): { readonly uids: readonly number[]; readonly gids: readonly number[] } {
  if (isLinux) return { uids: triple("getresuid"), gids: triple("getresgid") };
  const { getuid, geteuid, getgid, getegid } = (globalThis as unknown as {
    process: Record<"getuid" | "geteuid" | "getgid" | "getegid", () => number>;
  }).process;
  return { uids: [getuid(), geteuid()], gids: [getgid(), getegid()] };
}

/**
 * Becomes `identity`, in all threads of this process (glibc does so for each thread; setuid(2) alone would not).
 *
 * @throws {SystemError} if the system refuses
 */
export function becomeIdentity({ uid, gid, groups }: Identity): void {
  // Groups first: without root they cannot be changed any more.
  const list = new Uint8Array(Uint32Array.from(groups).buffer);
  if (libc.setgroups(groups.length, list) < 0) throw systemError("setgroups", `set the groups ${groups}`);
  if ((isLinux ? libc.setresgid(gid, gid, gid) : libc.setgid(gid)) < 0) {
    throw systemError("setresgid", `become group ${gid}`);
  }
  if ((isLinux ? libc.setresuid(uid, uid, uid) : libc.setuid(uid)) < 0) {
    throw systemError("setresuid", `become user ${uid}`);
  }
}

/** Tries to become root again. Whether that worked, which it must not after {@linkcode becomeIdentity}. */
export function canRegainRoot(): boolean {
  const keep = 0xffffffff;
  return (isLinux ? libc.setresuid(keep, 0, keep) : libc.setuid(0)) === 0;
}

/** Makes `folder` the root directory of this process and goes there: without that, `..` would lead out. */
export function changeRoot(folder: string): void {
  const path = encoder.encode(`${folder}\0`);
  if (libc.chdir(path) < 0) throw systemError("chdir", `go to "${folder}"`);
  if (libc.chroot(encoder.encode(".\0")) < 0) throw systemError("chroot", `chroot to "${folder}"`);
  if (libc.chdir(encoder.encode("/\0")) < 0) throw systemError("chdir", "go to the new root");
}
