/**
 * A connection as web streams.
 *
 * @module
 */

import type { Connection } from "./connection.ts";

const CHUNK = 16384;

/** What the peer sends. Nothing is read before it is asked for; `stopReading` is called when it is cancelled. */
export function readableOf(
  connection: Connection,
  stopReading: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull: async (controller) => {
      const bytes = new Uint8Array(CHUNK);
      const n = await connection.read(bytes);
      if (n === null) controller.close();
      else controller.enqueue(bytes.subarray(0, n));
    },
    cancel: stopReading,
  }, { highWaterMark: 0 });
}

/** What is sent to the peer. Closing it closes the writing side only; aborting it closes the connection. */
export function writableOf(connection: Connection): WritableStream<Uint8Array> {
  return new WritableStream({
    write: async (bytes) => {
      await connection.write(bytes);
    },
    close: () => connection.closeWrite(),
    abort: () => connection.close(),
  });
}
