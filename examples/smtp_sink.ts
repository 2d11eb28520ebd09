/**
 * An SMTP server that takes every message and keeps none: for testing programs that send mail (RFC 5321).
 *
 *     deno run -A cli.ts ./examples/smtp_sink.ts --port 127.0.0.1:2525 --domain mail.example
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Connection, Handler, Server } from "../mod.ts";

/** What one session has said so far. */
interface Session {
  readonly domain: string;
  readonly sizeLimit: number;
  greeted: boolean;
  sender: string | undefined;
  recipients: string[];
}

/** The longest line with its end (RFC 5321, 4.5.3.1.6: text lines have 1000 bytes). */
const LONGEST_LINE = 1000;

function address(argument: string, keyword: "FROM" | "TO"): string | undefined {
  const match = /^(FROM|TO):\s*<([^<>\s]*)>(?:\s.*)?$/i.exec(argument);
  return match?.[1]?.toUpperCase() === keyword ? match[2] : undefined;
}

function reset(session: Session): void {
  session.sender = undefined;
  session.recipients = [];
}

function mail(session: Session, argument: string): string {
  if (!session.greeted) return "503 5.5.1 Say EHLO or HELO first";
  if (session.sender !== undefined) return "503 5.5.1 There is a sender already";
  const sender = address(argument, "FROM");
  if (sender === undefined) return "501 5.5.4 Say MAIL FROM:<address>";
  session.sender = sender;
  return "250 2.1.0 Sender accepted";
}

function recipient(session: Session, argument: string): string {
  if (session.sender === undefined) return "503 5.5.1 Say MAIL first";
  const to = address(argument, "TO");
  if (to === undefined || to === "") return "501 5.5.4 Say RCPT TO:<address>";
  if (session.recipients.length >= 100) return "452 4.5.3 Too many recipients";
  session.recipients.push(to);
  return "250 2.1.5 Recipient accepted";
}

/** Reads a message up to the line with a dot. Returns its size in bytes, or undefined at an early end. */
async function receiveData(lines: AsyncIterator<string>): Promise<number | undefined> {
  let size = 0;
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return undefined;
    if (value === ".") return size;
    // A dot at the beginning was doubled by the sender (RFC 5321, 4.5.2).
    size += Buffer.byteLength(value.startsWith(".") ? value.slice(1) : value) + 2;
  }
}

async function data(
  session: Session,
  connection: Connection,
  lines: AsyncIterator<string>,
  server: Server,
): Promise<string | undefined> {
  if (session.recipients.length === 0) return "503 5.5.1 Say MAIL and RCPT first";
  await connection.print("354 End with a line that is a dot\r\n");
  const size = await receiveData(lines);
  if (size === undefined) return undefined;
  const count = session.recipients.length;
  server.log(2, `message from <${session.sender}> to ${count} recipient(s), ${size} bytes`);
  reset(session);
  return size > session.sizeLimit ? "552 5.3.4 The message is too large" : "250 2.0.0 Taken, and forgotten";
}

/** The answer to a command that neither ends the session nor carries a message. */
function simpleReply(session: Session, verb: string, argument: string): string {
  switch (verb) {
    case "EHLO":
    case "HELO":
      if (argument === "") return `501 5.5.4 Say ${verb} with your name`;
      session.greeted = true;
      reset(session);
      return verb === "HELO"
        ? `250 ${session.domain}`
        : `250-${session.domain}\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE ${session.sizeLimit}`;
    case "MAIL":
      return mail(session, argument);
    case "RCPT":
      return recipient(session, argument);
    case "RSET":
      reset(session);
      return "250 2.0.0 Forgotten";
    case "NOOP":
      return "250 2.0.0 Nothing done";
    case "VRFY":
      return "252 2.5.0 Send it and see";
    default:
      return "500 5.5.2 Unknown command";
  }
}

async function processRequest(connection: Connection, server: Server): Promise<void> {
  const session: Session = {
    domain: String(server.config.own["domain"]),
    sizeLimit: Number(server.config.own["size_limit"]),
    greeted: false,
    sender: undefined,
    recipients: [],
  };
  connection.timeout = 300_000; // RFC 5321, 4.5.3.2.7
  await connection.print(`220 ${session.domain} ESMTP\r\n`);
  const lines = connection.lines({ maxLength: LONGEST_LINE });
  for await (const line of lines) {
    const [, verb = "", argument = ""] = /^(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
    const command = verb.toUpperCase();
    if (command === "QUIT") return await connection.print(`221 2.0.0 ${session.domain} says good-bye\r\n`);
    const reply = command === "DATA"
      ? await data(session, connection, lines, server)
      : simpleReply(session, command, argument);
    if (reply === undefined) return;
    await connection.print(`${reply}\r\n`);
  }
}

const handler: Handler = {
  options: {
    domain: { kind: "string", default: "localhost", help: "The name that the server greets with." },
    size_limit: { kind: "int", default: 10_000_000, min: 1, help: "The largest message, in bytes." },
  },
  defaults: { port: "127.0.0.1:2525" },
  processRequest,
};

export default handler;
