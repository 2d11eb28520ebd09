/**
 * A binary protocol: a frame is four bytes with its length, the highest first, and then as many bytes. Each frame is
 * answered by one with the same bytes in reverse.
 *
 *     deno run -A cli.ts ./examples/frames.ts --port 127.0.0.1:20203
 *
 * @module
 */

import { type Connection, defineHandler } from "../mod.ts";

/** The next frame, or null at the end. */
async function readFrame(connection: Connection, maxLength: number): Promise<Uint8Array | null> {
  const head = await connection.readExactly(4);
  if (head === null) return null;
  const length = new DataView(head.buffer).getUint32(0);
  // The number comes from the client: it is checked before memory is spent on it.
  if (length > maxLength) throw new RangeError(`a frame of ${length} bytes; ${maxLength} are allowed`);
  return await connection.readExactly(length);
}

async function writeFrame(connection: Connection, bytes: Uint8Array): Promise<void> {
  const frame = new Uint8Array(4 + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length);
  frame.set(bytes, 4);
  await connection.write(frame);
}

export default defineHandler({
  options: {
    max_frame: { kind: "int", default: 65_536, min: 1, help: "The longest frame that is taken, in bytes." },
  },
  async processRequest(connection, server) {
    try {
      for (;;) {
        const frame = await readFrame(connection, server.config.own.max_frame);
        if (frame === null) return;
        await writeFrame(connection, frame.toReversed());
      }
    } catch (error) {
      // Any other error ends the child: this one is the client's.
      if (!(error instanceof RangeError)) throw error;
      server.log(2, `${connection.peeraddr}: ${error.message}`);
    }
  },
});
