/**
 * Datagrams of any socket that carries them: loaded by children that serve one.
 *
 * @module
 */

import { DatagramConnection, type ReceivedDatagram } from "../connection/datagram.ts";
import type { Config } from "../config/options.ts";
import type { Address } from "../address.ts";
import { SystemError } from "../errors.ts";
import { carriesDatagrams, type ListenerHandoff } from "../handoff.ts";
import { type Datagram, receiveFrom } from "../os/socket.ts";

/** Failures of the system's that pass, as for `accept(2)`. */
const PASSING: readonly string[] = ["ENOBUFS", "ENOMEM", "EMFILE", "ENFILE"];

/** What a receiver needs. */
export interface ReceiverOptions {
  /** All listeners; those of streams are left alone. */
  readonly listeners: readonly ListenerHandoff[];
  readonly config: Pick<Config, "udpRecvLen" | "udpRecvFlags">;
  /** Told of what a person should know of. */
  readonly warn: (message: string) => void;
}

/** Takes datagrams, one at a time. */
export class Receiver {
  readonly #local: ReadonlyMap<number, Address>;
  readonly #warn: (message: string) => void;
  readonly #flags: number;
  readonly #limit: number;
  /** A byte longer than what is taken, so that it shows when something was cut, on any system. */
  readonly #bytes: Uint8Array;
  #last: { datagram: Datagram; received: ReceivedDatagram } | undefined;
  #toldOfCut = false;

  constructor({ listeners, config, warn }: ReceiverOptions) {
    this.#local = new Map(listeners.filter(carriesDatagrams).map(({ fd, address }) => [fd, address]));
    this.#flags = config.udpRecvFlags;
    this.#limit = config.udpRecvLen;
    this.#bytes = new Uint8Array(this.#limit + 1);
    this.#warn = warn;
  }

  /** Whether `fd` is one of its sockets. */
  serves(fd: number): boolean {
    return this.#local.has(fd);
  }

  /**
   * Takes a datagram from `fd` if one waits. It is kept until the next one is taken.
   *
   * @returns Whether there was one, or `"full"` where the system has no memory for it now.
   */
  receive(fd: number): boolean | "full" {
    let datagram: Datagram | undefined;
    try {
      datagram = receiveFrom(fd, this.#bytes, this.#flags);
    } catch (error) {
      if (!(error instanceof SystemError) || !PASSING.includes(error.code)) throw error;
      this.#warn(`${error.message}; trying again in a second`);
      return "full";
    }
    if (datagram === undefined) return false;
    const truncated = datagram.length > this.#limit;
    if (truncated && !this.#toldOfCut) {
      this.#toldOfCut = true;
      this.#warn(
        `Cut a datagram to udp_recv_len, ${this.#limit} bytes; raise that to take more (said once by a child)`,
      );
    }
    const bytes = this.#bytes.slice(0, Math.min(datagram.length, this.#limit));
    this.#last = { datagram, received: { bytes, truncated } };
    return true;
  }

  /** The datagram that was last taken from `fd`; undefined where `fd` is none of its sockets. */
  connection(fd: number, timeout: number): DatagramConnection | undefined {
    const local = this.#local.get(fd);
    if (local === undefined || this.#last === undefined) return undefined;
    const { datagram: { peer, peerName }, received } = this.#last;
    return new DatagramConnection(fd, { datagram: received, local, remote: peer, peerName, timeout });
  }
}
