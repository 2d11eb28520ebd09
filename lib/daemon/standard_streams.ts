/**
 * The standard streams of a daemon, which must not keep a terminal or a shell's pipe.
 *
 * @module
 */

import { readdirSync, readlinkSync } from "node:fs";
import { redirect, setCloseOnExec } from "../os/descriptor.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const FOLDER = "/proc/self/fd";

/** What a descriptor is open on: a path, `pipe:[12]`; undefined if it is not open, or the system does not tell. */
function targetOf(fd: number | string): string | undefined {
  try {
    return readlinkSync(`${FOLDER}/${fd}`);
  } catch {
    return undefined;
  }
}

function descriptors(): number[] {
  try {
    return readdirSync(FOLDER).map(Number);
  } catch {
    return []; // no /proc: copies of the streams stay as they are
  }
}

/**
 * Cuts the standard streams off, as Net::Server does: with `setsid` or a log file, standard input and output are
 * /dev/null, and standard error is the log file, or /dev/null where there is none.
 */
export function detachStreams(
  options: { readonly setsid: boolean; readonly logFd: number | undefined },
): void {
  const { setsid, logFd } = options;
  if (!setsid && logFd === undefined) return;
  const nothing = openNull();
  const error = logFd ?? nothing;
  const streams: [number, number][] = [[STDERR, error], [STDIN, nothing], [STDOUT, nothing]];
  // A runtime may have made copies of its own when it started (Deno does), to read and write by.
  const before = streams.map(([fd, goal]): [string | undefined, number] => [targetOf(fd), goal]);
  for (const fd of descriptors()) {
    if (fd <= STDERR || fd === error || fd === nothing) continue;
    const target = targetOf(fd);
    if (target === undefined || target === "/dev/null") continue;
    const copied = before.find(([stream]) => stream === target);
    if (copied === undefined) continue;
    redirect(fd, copied[1]);
    setCloseOnExec(fd, { on: true });
  }
  for (const [fd, goal] of streams) redirect(fd, goal);
}
