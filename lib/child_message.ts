/**
 * What children say to their parent (`child_communication`): the form in which it travels.
 *
 * @module
 */

/** The most bytes of one message. Net::Server's children have a stream and no messages. */
export const MAX_MESSAGE_BYTES = 65_536;

/** Before the message stands the sender's process id. */
const HEAD_BYTES = 4;

/** Room for a whole message with what stands before it. */
export const PACKET_BYTES: number = HEAD_BYTES + MAX_MESSAGE_BYTES;

/** What a child said, as the hook `childIsTalking` gets it. */
export interface ChildMessage {
  /** The child's process id. */
  readonly pid: number;
  /** What it said. */
  readonly bytes: Uint8Array;
  /** The same read as UTF-8. */
  readonly text: string;
}

/** A message as it is sent. */
export function packMessage(pid: number, bytes: Uint8Array): Uint8Array {
  const packet = new Uint8Array(HEAD_BYTES + bytes.length);
  new DataView(packet.buffer).setUint32(0, pid, true);
  packet.set(bytes, HEAD_BYTES);
  return packet;
}

/** The message in what was received. The bytes are copied. */
export function unpackMessage(packet: Uint8Array): ChildMessage {
  const pid = new DataView(packet.buffer, packet.byteOffset).getUint32(0, true);
  const bytes = packet.slice(HEAD_BYTES);
  return {
    pid,
    bytes,
    get text() {
      return new TextDecoder().decode(bytes);
    },
  };
}
