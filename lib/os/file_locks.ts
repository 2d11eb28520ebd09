/**
 * Who has which file locked, as the kernel tells every process.
 *
 * @module
 */

import { type BigIntStats, readFileSync } from "node:fs";

/** An exclusive flock(2): who took it, and the number of its file. */
export interface FileLock {
  readonly pid: number;
  readonly inode: string;
}

// A row with an arrow is of one who waits for the lock.
const ROW = /: FLOCK +ADVISORY +WRITE +(\d+) +[\da-f]+:[\da-f]+:(\d+) /;

/** The exclusive locks in the rows of /proc/locks or of /proc/PID/fdinfo/FD. Pure. */
export function parseLocks(text: string): readonly FileLock[] {
  return text.split("\n").flatMap((row) => {
    const [, pid, inode] = ROW.exec(row) ?? [];
    return pid === undefined || inode === undefined ? [] : [{ pid: Number(pid), inode }];
  });
}

/** Who has a file locked, as far as the system tells. */
export function lockersOf({ ino }: BigIntStats): readonly number[] {
  try {
    // Without the device: that of some file systems is another one here than for stat(2).
    return parseLocks(readFileSync("/proc/locks", "utf8"))
      .filter(({ inode }) => inode === String(ino)).map(({ pid }) => pid);
  } catch {
    return [];
  }
}
