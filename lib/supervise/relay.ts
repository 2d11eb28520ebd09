/**
 * What children say to the parent (`child_communication`), and the hook that hears it.
 *
 * @module
 */

import { type ChildMessage, PACKET_BYTES, unpackMessage } from "../child_message.ts";
import type { Pipe } from "../os/descriptor.ts";
import { createMessagePair, receiveMessage } from "../os/message_pair.ts";

/** How many messages are heard at one turn of the parent's loop, so that children that talk hold up nothing else. */
const MESSAGES_A_TURN = 512;

/** The parent's end, and the end that all children share. */
export class Relay {
  /** The descriptors; children are handed `write`. */
  readonly ends: Pipe;
  readonly #packet = new Uint8Array(PACKET_BYTES);

  /** @param ends Those from before a restart, whose children still talk. */
  constructor(ends: Pipe = createMessagePair()) {
    this.ends = ends;
  }

  /** Calls `hear` with each message that is there, in the order in which they were sent. */
  async take(hear: (message: ChildMessage) => Promise<void>): Promise<void> {
    for (let i = 0; i < MESSAGES_A_TURN; i++) {
      const length = receiveMessage(this.ends.read, this.#packet);
      if (length < 0) return;
      await hear(unpackMessage(this.#packet.subarray(0, length)));
    }
  }
}
