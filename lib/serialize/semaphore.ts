/**
 * A lock by a System V semaphore. Each operation is made with SEM_UNDO, so the kernel unlocks it when its holder dies.
 *
 * @module
 */

import { libc } from "../os/calls.ts";
import { constants as c, isLinux } from "../os/constants.ts";
import { systemError } from "../os/errno.ts";
import { runtime } from "../runtime/choose.ts";
import type { Lock } from "./turns.ts";

const OWNER_MAY_READ_AND_WRITE = 0o600;

/** `struct sembuf`: number, operation, flags. */
function operation(change: number, flags: number): Uint8Array {
  return new Uint8Array(Int16Array.of(0, change, flags).buffer);
}

/** Creates a semaphore that is free. */
export function createSemaphore(): number {
  const id = libc.semget(c.IPC_PRIVATE, 1, c.IPC_CREAT | OWNER_MAY_READ_AND_WRITE);
  if (id < 0) throw systemError("semget", "create a semaphore");
  if (libc.semctl(id, 0, c.SETVAL, 1) < 0) throw systemError("semctl", "set a semaphore");
  return id;
}

/** Removes a semaphore; those who wait for it are told. */
export function removeSemaphore(id: number): void {
  libc.semctl(id, 0, c.IPC_RMID, 0);
}

/**
 * Gives a semaphore to another user. `struct semid_ds` begins with `struct ipc_perm`, of which user, group and mode are
 * taken: behind the key on Linux, at its beginning on macOS.
 */
export function giveSemaphore(
  id: number,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): void {
  const data = new Uint8Array(256);
  const view = new DataView(data.buffer);
  const start = isLinux ? 4 : 0;
  view.setUint32(start, uid, true);
  view.setUint32(start + 4, gid, true);
  view.setUint32(start + 16, OWNER_MAY_READ_AND_WRITE, true);
  if (libc.semctl(id, 0, c.IPC_SET, runtime.addressOf(data)) < 0) {
    throw systemError("semctl", "give a semaphore to another user");
  }
}

/** The child's side. */
export class SemaphoreLock implements Lock {
  readonly #id: number;
  readonly #take = operation(-1, c.SEM_UNDO);
  readonly #tryToTake = operation(-1, c.SEM_UNDO | c.IPC_NOWAIT);
  readonly #give = operation(1, c.SEM_UNDO);

  constructor(id: number) {
    this.#id = id;
  }

  lockHere(): boolean {
    return libc.semop(this.#id, this.#tryToTake, 1) === 0;
  }

  async lockAway(): Promise<boolean> {
    return await runtime.callBlocking("semop", [this.#id, this.#take, 1]) === 0;
  }

  unlock(): void {
    libc.semop(this.#id, this.#give, 1);
  }

  abandon(): void {
    removeSemaphore(this.#id);
  }
}
