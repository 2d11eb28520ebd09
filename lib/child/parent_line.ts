/**
 * A child's line to its parent (Net::Server's `parent_sock`), where `child_communication` is on.
 *
 * @module
 */

import { MAX_MESSAGE_BYTES, packMessage } from "../child_message.ts";
import { TineError } from "../errors.ts";
import { EAGAIN, errnoName, errnoSentence } from "../os/errno.ts";
import { sendMessage } from "../os/message_pair.ts";
import { pollAway, POLLOUT } from "../os/wait.ts";

/** Sends messages in the order in which they are given. */
export class ParentLine {
  readonly #fd: number;
  readonly #pid: number;
  /** The last message that waits for room. */
  #last: Promise<void> | undefined;

  constructor(fd: number, pid: number) {
    this.#fd = fd;
    this.#pid = pid;
  }

  /** @throws {TineError} if the message is too long, or the parent has gone */
  async tell(message: string | Uint8Array): Promise<void> {
    const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
    if (bytes.length > MAX_MESSAGE_BYTES) {
      throw new TineError(
        `Cannot tell the parent ${bytes.length} bytes: a message has ${MAX_MESSAGE_BYTES} at most; send several`,
      );
    }
    const packet = packMessage(this.#pid, bytes);
    const before = this.#last;
    if (before === undefined && this.#send(packet)) return;
    const mine = this.#sendAfter(before, packet);
    this.#last = mine;
    try {
      await mine;
    } finally {
      if (this.#last === mine) this.#last = undefined;
    }
  }

  async #sendAfter(before: Promise<void> | undefined, packet: Uint8Array): Promise<void> {
    // The caller that waits for that message gets its failure.
    await before?.catch(() => {});
    while (!this.#send(packet)) await pollAway([{ fd: this.#fd, events: POLLOUT }], -1);
  }

  /** Whether there was room. */
  #send(packet: Uint8Array): boolean {
    const code = sendMessage(this.#fd, packet);
    if (code === 0) return true;
    if (code === EAGAIN) return false;
    throw new TineError(`Cannot tell the parent a message: ${errnoSentence(errnoName(code))}`);
  }
}
