/**
 * A descriptor that one process leaves for others: each that looks gets a copy of it, however many they are and whatever
 * their rights, and it stays there until the next one takes its place (unix(7), SCM_RIGHTS).
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import { libc } from "./calls.ts";
import { constants as c, linux } from "./constants.ts";
import { closeFd, type Pipe } from "./descriptor.ts";
import { systemError } from "./errno.ts";
import { createMessagePair } from "./message_pair.ts";

/** Where the level, the type and the data lie in a `struct cmsghdr`, behind its length. */
const CONTROL_LEVEL = 8;
const CONTROL_TYPE = 12;
const CONTROL_DATA = 16;

/** A `struct msghdr` for one byte and one descriptor, with all that it points to. */
class Message {
  readonly header = new Uint8Array(linux.msghdrSize);
  readonly #byte = new Uint8Array(1);
  readonly #vector = new Uint8Array(new BigUint64Array([BigInt(runtime.addressOf(this.#byte)), 1n]).buffer);
  readonly #control = new Uint8Array(linux.controlSpace);
  readonly #view = new DataView(this.#control.buffer);

  constructor(fd: number) {
    const view = new DataView(this.header.buffer);
    view.setBigUint64(linux.msgIovOffset, BigInt(runtime.addressOf(this.#vector)), true);
    view.setBigUint64(linux.msgIovOffset + 8, 1n, true);
    view.setBigUint64(linux.msgControlOffset, BigInt(runtime.addressOf(this.#control)), true);
    view.setBigUint64(linux.msgControlOffset + 8, BigInt(linux.controlSpace), true);
    this.#view.setBigUint64(0, BigInt(linux.controlLength), true);
    this.#view.setInt32(CONTROL_LEVEL, c.SOL_SOCKET, true);
    this.#view.setInt32(CONTROL_TYPE, c.SCM_RIGHTS, true);
    this.#view.setInt32(CONTROL_DATA, fd, true);
  }

  /** The descriptor in it; negative where there is none. */
  get descriptor(): number {
    return this.#view.getInt32(CONTROL_DATA, true);
  }
}

/** The mailbox, as its owner and those who look into it have it. */
export class DescriptorMailbox {
  /** The descriptors that another process needs to be handed. */
  readonly ends: Pipe;

  /** @param inherited The ends of a mailbox that the parent made. Linux only. */
  constructor(inherited?: Pipe) {
    this.ends = inherited ?? createMessagePair();
  }

  /** Leaves a copy of `fd` in place of what was there. @throws {SystemError} */
  leave(fd: number): void {
    for (let old = this.#receive(0); old !== undefined; old = this.#receive(0)) closeFd(old);
    const message = new Message(fd);
    const sent = libc.sendmsg(this.ends.write, message.header, c.MSG_DONTWAIT | c.MSG_NOSIGNAL);
    if (sent < 0 || message.descriptor !== fd) throw systemError("sendmsg", "pass a descriptor on");
  }

  /** A copy of what is there, close-on-exec; undefined if there is nothing. */
  look(): number | undefined {
    return this.#receive(c.MSG_PEEK);
  }

  #receive(flags: number): number | undefined {
    const message = new Message(-1);
    const received = libc.recvmsg(
      this.ends.read,
      message.header,
      c.MSG_DONTWAIT | linux.MSG_CMSG_CLOEXEC | flags,
    );
    return received < 0 || message.descriptor < 0 ? undefined : message.descriptor;
  }
}
