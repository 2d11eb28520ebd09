/**
 * A lock by `flock(2)` on a file that each child opens for itself. It dies with its holder.
 *
 * @module
 */

import { libc } from "../os/calls.ts";
import { constants as c } from "../os/constants.ts";
import { openToLock } from "../os/open_file.ts";
import { runtime } from "../runtime/choose.ts";
import type { Lock } from "./turns.ts";

/** The child's side. */
export class FileLock implements Lock {
  readonly #fd: number;

  /** @throws {SystemError} if the file cannot be opened */
  constructor(path: string) {
    // Opened by each child itself: a lock belongs to an open file, and one that was inherited would be shared.
    // To read only: who gives up root keeps no descriptor to write a file of root's by.
    this.#fd = openToLock(path);
  }

  lockHere(): boolean {
    return libc.flock(this.#fd, c.LOCK_EX | c.LOCK_NB) === 0;
  }

  async lockAway(): Promise<boolean> {
    return await runtime.callBlocking("flock", [this.#fd, c.LOCK_EX]) === 0;
  }

  unlock(): void {
    libc.flock(this.#fd, c.LOCK_UN);
  }
}
