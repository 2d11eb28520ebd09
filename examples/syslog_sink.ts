/**
 * A sink for syslog: takes messages as datagrams, over UDP and from a unix socket, and writes each to the log.
 *
 *     deno run -A cli.ts ./examples/syslog_sink.ts --port 127.0.0.1:20514/udp --port '/tmp/log.sock|unixdgram'
 *     logger --server 127.0.0.1 --port 20514 --udp hello
 *     logger --socket /tmp/log.sock hello
 *
 * @module
 */

import type { Connection, Handler, Server } from "../mod.ts";

const SEVERITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/** `<13>text` → facility 1, severity `notice` and the text; a message without a number counts as user.notice (RFC 3164). */
function parse(message: string): { facility: number; severity: string; text: string } {
  const [, number = "13", text = ""] = /^(?:<(\d{1,3})>)?(.*)$/s.exec(message) ?? [];
  return { facility: Number(number) >> 3, severity: SEVERITIES[Number(number) & 7] as string, text };
}

const handler: Handler = {
  defaults: { udpRecvLen: 8192 },
  processRequest(connection: Connection, server: Server) {
    if (connection.datagram === undefined) return; // a client over a stream: this sink takes datagrams alone
    const { facility, severity, text } = parse(new TextDecoder().decode(connection.datagram.bytes));
    // What senders wrote must not begin a line of its own in the log.
    const line = text.trimEnd().replaceAll(/\p{Cc}+/gu, " ");
    const from = connection.remoteAddr.hostname || "this machine";
    server.log(2, `${from} ${facility}.${severity} ${line}`);
  },
};

export default handler;
