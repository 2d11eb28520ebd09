/**
 * Files as bodies of answers.
 *
 * @module
 */

import { closeFd } from "../../os/descriptor.ts";
import { readAt } from "../../os/folder.ts";
import type { Part } from "./ranges.ts";

/** How much is read at once, and the most that is read before the answer begins. */
const PIECE = 65536;

const encoder = new TextEncoder();

/** Reads a part that is not long. @throws {TypeError} if the file has become shorter */
function readPart(fd: number, { from, to }: Part): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(to - from);
  for (let at = 0; at < bytes.length;) {
    const count = readAt(fd, bytes.subarray(at), from + at);
    if (count === 0) throw new TypeError("Cannot send the file: it has become shorter");
    at += count;
  }
  return bytes;
}

/** The pieces of a list of texts and parts. */
function* piecesOf(fd: number, contents: readonly (Part | string)[]): Generator<Uint8Array<ArrayBuffer>> {
  for (const content of contents) {
    if (typeof content === "string") {
      yield encoder.encode(content);
      continue;
    }
    for (let { from } = content; from < content.to; from += PIECE) {
      yield readPart(fd, { from, to: Math.min(from + PIECE, content.to) });
    }
  }
}

/**
 * The body that is made of texts and of parts of an open file, which is closed at its end.
 *
 * @throws {TypeError} if the file has become shorter
 */
export function fileBody(
  fd: number,
  contents: readonly (Part | string)[],
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> {
  const [only] = contents;
  if (contents.length === 1 && typeof only === "object" && only.to - only.from <= PIECE) {
    try {
      return readPart(fd, only);
    } finally {
      closeFd(fd);
    }
  }
  const pieces = piecesOf(fd, contents);
  const close = () => {
    closeFd(fd);
    fd = -1;
  };
  return new ReadableStream({
    pull(controller) {
      try {
        const { value, done } = pieces.next();
        if (!done) return controller.enqueue(value);
        close();
        controller.close();
      } catch (error) {
        close();
        throw error;
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
}
