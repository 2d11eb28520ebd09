/**
 * The Time Protocol (RFC 868) over TCP and UDP: whoever asks is told the seconds since 1900, in four bytes.
 *
 *     deno run -A cli.ts ./examples/time.ts --port 127.0.0.1:20037 --port 127.0.0.1:20037/udp
 *
 * The handler need not care how it was asked: a write goes over the connection, or back as a datagram.
 *
 * @module
 */

import type { Connection } from "../mod.ts";

/** Seconds from 1900 to 1970, when the clock of today begins. */
const FROM_1900 = 2_208_988_800;

export default async function time(connection: Connection): Promise<void> {
  const answer = new DataView(new ArrayBuffer(4));
  // 32 bits last until 2036; after that they begin again, as the RFC's do.
  answer.setUint32(0, (Math.floor(Date.now() / 1000) + FROM_1900) % 2 ** 32);
  await connection.write(new Uint8Array(answer.buffer));
}
