/**
 * The standard streams of a daemon, which must not keep a terminal or a shell's pipe.
 *
 * @module
 */

import { readdirSync, readlinkSync } from "node:fs";
import { closeOnExec, openNull, redirect } from "../os/descriptor.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const FOLDER = "/proc/self/fd";

/** What a descriptor is open on: a path, `pipe:[12]`; undefined if it is not open, or the system does not tell. */
function targetOf(fd: number): string | undefined {
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

/** The streams as they were when this was made, and what they are made to be. */
export class StandardStreams {
  readonly #setsid: boolean;
  /** Opened early: inside a new root there is no such file. */
  readonly #nothing = openNull();
  /** Copies that the runtime made for itself when it started, to read and write by (Deno does). */
  readonly #copies: readonly { readonly fd: number; readonly of: number }[];

  /**
   * @param setsid Whether the streams are cut off even without a log file.
   * @param logFd The log's own descriptor, which is no copy even if it leads to the same file: it will be closed.
   */
  constructor({ setsid, logFd }: { readonly setsid: boolean; readonly logFd: number | undefined }) {
    this.#setsid = setsid;
    // One pipe may be output and error both: its copies go where errors go.
    const streams = [STDERR, STDIN, STDOUT].map((fd) => ({ fd, target: targetOf(fd) }))
      .filter(({ target }) => target !== undefined && target !== "/dev/null");
    this.#copies = descriptors().filter((fd) => fd > STDERR && fd !== logFd).flatMap((fd) => {
      const target = targetOf(fd);
      const stream = streams.find((one) => one.target === target);
      return stream === undefined ? [] : [{ fd, of: stream.fd }];
    });
  }

  /**
   * Cuts the streams off, as Net::Server does: with `setsid` or a log file, standard input and output are /dev/null, and
   * standard error is the log file, or /dev/null where there is none.
   */
  detach(logFd: number | undefined): void {
    if (!this.#setsid && logFd === undefined) return;
    const error = logFd ?? this.#nothing;
    for (const { fd, of } of this.#copies) {
      redirect(fd, of === STDERR ? error : this.#nothing);
      closeOnExec(fd);
    }
    redirect(STDERR, error);
    redirect(STDIN, this.#nothing);
    redirect(STDOUT, this.#nothing);
  }
}
