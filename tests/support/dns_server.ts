/**
 * A name server of a test's own, and programs that ask no other: as root alone, since it takes port 53 of a loopback
 * address and hides the system's `/etc/resolv.conf` in a mount namespace.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ownLoopback } from "./loopback.ts";

const TYPE = { A: 1, PTR: 12 } as const;
const NXDOMAIN = 3;

/** Why there can be no such server; false if there can. The value of `skip`. */
export const noDns: string | false = process.platform !== "linux"
  ? "no Linux"
  : process.getuid?.() !== 0
  ? "not root"
  : spawnSync("unshare", ["--mount", "true"]).status !== 0
  ? "no unshare --mount"
  : !/^hosts:.*\bdns\b/m.test(readFileSync("/etc/nsswitch.conf", "utf8"))
  ? "no dns in /etc/nsswitch.conf"
  : false;

/** What a name server knows. */
export interface Zone {
  /** The name of each address, as its labels; `silent` is never answered. */
  readonly names: Readonly<Record<string, readonly string[] | "silent">>;
  /** The IPv4 address of each name. */
  readonly addresses: Readonly<Record<string, string>>;
}

function encodeName(labels: readonly string[]): Uint8Array {
  const parts = labels.map((label) => [label.length, ...new TextEncoder().encode(label)]);
  return Uint8Array.from([...parts.flat(), 0]);
}

/** The labels of the name that is asked for, and the place behind it. */
function readName(bytes: Uint8Array, start: number): { labels: string[]; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = bytes[at] as number; length !== 0; length = bytes[at] as number) {
    labels.push(new TextDecoder().decode(bytes.subarray(at + 1, at + 1 + length)));
    at += length + 1;
  }
  return { labels, end: at + 1 };
}

/** The answer to a query; undefined where there shall be none. */
function answerTo(query: Uint8Array, zone: Zone): Uint8Array | undefined {
  const { labels, end } = readName(query, 12);
  const type = (query[end] as number) << 8 | (query[end + 1] as number);
  const reversed = labels.slice(0, 4).reverse().join(".");
  const name = type === TYPE.PTR ? zone.names[reversed] : undefined;
  if (name === "silent") return undefined;
  const address = zone.addresses[labels.join(".")];
  const data = name !== undefined
    ? encodeName(name)
    : type === TYPE.A && address !== undefined
    ? Uint8Array.from(address.split("."), Number)
    : undefined;
  const known = data !== undefined || address !== undefined;
  const header = [
    query[0] as number,
    query[1] as number,
    ...[0x81, known ? 0x80 : 0x80 | NXDOMAIN],
    ...[0, 1],
    ...[0, data === undefined ? 0 : 1],
    ...[0, 0, 0, 0],
  ];
  const question = query.subarray(12, end + 4);
  // The name of the answer is that of the question, at byte 12.
  const record = data === undefined
    ? []
    : [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255, ...data];
  return Uint8Array.from([...header, ...question, ...record]);
}

/** A name server, and how to start programs that ask it. */
export class DnsServer {
  readonly #folder = mkdtempSync(join(tmpdir(), "test-dns-"));
  readonly #socket: Socket = createSocket("udp4");
  /** How many questions came. */
  questions = 0;

  private constructor(zone: Zone) {
    this.#socket.on("message", (bytes, { port, address }) => {
      this.questions++;
      const answer = answerTo(bytes, zone);
      if (answer !== undefined) this.#socket.send(answer, port, address);
    });
  }

  /** Starts one. */
  static async start(zone: Zone): Promise<DnsServer> {
    const server = new DnsServer(zone);
    server.#socket.bind(53, ownLoopback);
    await once(server.#socket, "listening");
    // A resolver that gave up by itself would show nothing.
    writeFileSync(
      join(server.#folder, "resolv.conf"),
      `nameserver ${ownLoopback}\noptions timeout:30 attempts:5\n`,
    );
    return server;
  }

  /** The words before a command that makes it ask this server. */
  get through(): string[] {
    const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    return ["unshare", "--mount", "sh", "-c", script, join(this.#folder, "resolv.conf")];
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
    rmSync(this.#folder, { recursive: true });
  }
}
