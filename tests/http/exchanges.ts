/**
 * The corpus of raw exchanges (exchanges.txt): what a client sends, and every byte of what it gets.
 *
 * An exchange is a paragraph. Its first line names it by the section that it comes from. Then there are `>` bytes that are
 * sent, `<` an answer by its status, the word `close` or `keep-alive` if Connection has it, and its body; `=` an answer
 * byte by byte; and `! closed` where the connection is closed behind the last answer. `\r`, `\n`, `\t`, `\\` and `\xNN`
 * stand for bytes.
 *
 * A probe is sent behind everything: it is answered where the connection stays open, and only there. So nothing is ever
 * taken for a request that is not one, and nothing of one for something else.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { STATUS_CODES } from "node:http";

/** One exchange. */
export interface RawExchange {
  readonly name: string;
  /** What is sent, a byte a character. */
  readonly sent: string;
  /** All that comes back. */
  readonly received: string;
}

const PROBE = "GET /probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n";
const PHRASES: Readonly<Record<string, string>> = { ...STATUS_CODES, 413: "Content Too Large" };

function bytesOf(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-f]{2})|(.))/gi,
    (_, hex, letter) =>
      hex === undefined
        ? ({ r: "\r", n: "\n", t: "\t" } as Record<string, string>)[letter] ?? letter
        : String.fromCharCode(parseInt(hex, 16)),
  );
}

/** An answer by status, Connection and body, as it comes over the wire. */
function answer(text: string): string {
  const [, status = "", connection, shown = ""] = /^(\d+)(?: (close|keep-alive)\b)? ?(.*)$/s.exec(text) ?? [];
  const phrase = PHRASES[status] ?? "";
  const isError = Number(status) >= 400;
  const body = isError ? `${phrase}\n` : shown;
  const word = connection ?? (isError && status !== "500" ? "close" : undefined);
  return `HTTP/1.1 ${status} ${phrase}\r\nDate: D\r\nServer: S\r\ncontent-type: text/plain;charset=UTF-8\r\n` +
    `${word === undefined ? "" : `Connection: ${word}\r\n`}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function parse(paragraph: string): RawExchange {
  const [name = "", ...lines] = paragraph.split("\n");
  const those = (mark: string) =>
    lines.filter((line) => line.startsWith(mark)).map((line) => bytesOf(line.slice(2)));
  const isClosed = lines.includes("! closed");
  const answers = lines.filter((line) => /^[<=] /.test(line)).map((line) =>
    line.startsWith("<") ? answer(bytesOf(line.slice(2))) : bytesOf(line.slice(2))
  );
  if (!isClosed) answers.push(answer("200 close GET http://probe/probe | connection: close"));
  return { name, sent: those(">").join("") + PROBE, received: answers.join("") };
}

/** All exchanges. */
export function readExchanges(): readonly RawExchange[] {
  const text = readFileSync(new URL("exchanges.txt", import.meta.url), "utf8");
  return text.trimEnd().split("\n\n").map(parse);
}

/** Received bytes with what differs from time to time and from runtime to runtime taken out: the date, the order of fields. */
export function normalize(received: string): string {
  return received.replaceAll(
    /HTTP\/1\.1 \d+ [^\r]*\r\n((?:[\w-]+: [^\r]*\r\n)*)\r\n/g,
    (head, fields: string) => {
      const sorted = fields.replace(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$/m, "Date: D\r")
        .split("\r\n")
        .filter(Boolean).toSorted();
      return head.slice(0, head.indexOf("\r\n") + 2) + sorted.map((field) => `${field}\r\n`).join("") +
        "\r\n";
    },
  );
}
