/**
 * What waits to be sent to one client.
 *
 * @module
 */

import { sendNow } from "../os/socket.ts";
import { ByteQueue } from "../connection/byte_queue.ts";

/** What {@linkcode OutputQueue.write} gives when too much would wait. */
export const FULL = -1;

/** Sends what the socket takes, keeps the rest, and tells who waits when everything was sent. */
export class OutputQueue {
  readonly #bytes = new ByteQueue();
  #waiting: (() => void)[] = [];

  /** How many bytes wait. */
  get length(): number {
    return this.#bytes.length;
  }

  /**
   * Sends `bytes` behind what waits; what the socket does not take is kept.
   *
   * @returns 0, the number of the error with which the socket failed, or {@linkcode FULL} where more than `most` bytes
   * would wait: they are not kept then.
   */
  write(fd: number, bytes: Uint8Array, most: number): number {
    const sent = this.length > 0 ? 0 : sendNow(fd, bytes);
    if (sent < 0) return -sent;
    if (sent === bytes.length) return 0;
    if (this.length + bytes.length - sent > most) return FULL;
    this.#bytes.append(sent === 0 ? bytes : bytes.subarray(sent));
    return 0;
  }

  /** Sends of what waits as much as the socket takes. Returns 0, or the number of the error with which it failed. */
  flush(fd: number): number {
    if (this.length === 0) return 0;
    const sent = sendNow(fd, this.#bytes.bytes);
    if (sent < 0) return -sent;
    this.#bytes.consume(sent);
    if (this.length === 0) this.#tell();
    return 0;
  }

  /** Waits until nothing waits any more. */
  drained(): Promise<void> {
    if (this.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Drops everything. */
  clear(): void {
    this.#bytes.clear();
    this.#tell();
  }

  #tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
