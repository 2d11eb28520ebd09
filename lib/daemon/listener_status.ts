/**
 * What waits at a server's listening sockets, as the system tells it of any process in /proc/PID/net (proc(5)): nothing
 * is asked of the server.
 *
 * @module
 */

import { closeSync, openSync, readlinkSync, readSync } from "node:fs";
import type { Protocol } from "../config/port_spec.ts";
import type { PublishedSocket, PublishedStatus } from "./status_file.ts";

/** A listening socket, and what waits there. */
export interface ListenerStatus {
  /** As one could write it as a port: `127.0.0.1:80`, `[::1]:53/udp`, `/run/x.sock|unix`. */
  readonly address: string;
  /** How it is spoken to; null where the server does not tell. */
  readonly proto: "tcp" | "udp" | "unix" | "unixdgram" | "ssl" | "ssleay" | null;
  /** Connections that wait to be accepted (TCP; null where the system does not tell, as for Unix sockets). */
  readonly queue: number | null;
  /** How many may wait: the option `listen`, but no more than the system allows; null for datagrams. */
  readonly backlog: number | null;
  /** Bytes of datagrams that wait, the system's own included (UDP alone, else null). */
  readonly queueBytes: number | null;
  /** Datagrams that were dropped because there was no more room, since the socket was opened (UDP alone, else null). */
  readonly dropped: number | null;
}

/** What a row of /proc/net/tcp or its like tells. */
export interface SocketRow {
  readonly state: string;
  /** Of a socket that listens, clients that wait; of UDP, bytes. */
  readonly receiveQueue: number;
  readonly inode: string;
  readonly drops: number | undefined;
}

const LISTEN = "0A";
const UDP_WORDS = 13;
const PIECE = 1 << 16;

/** A row of /proc/net/tcp, tcp6, udp or udp6; undefined for the heading. Pure. */
export function parseSocketRow(line: string): SocketRow | undefined {
  const words = line.trim().split(/\s+/);
  const [, receive] = /^[0-9A-F]+:([0-9A-F]+)$/i.exec(words[4] ?? "") ?? [];
  const [state, inode, drops] = [words[3], words[9], words[12]];
  if (receive === undefined || state === undefined || inode === undefined) return undefined;
  return {
    state,
    receiveQueue: parseInt(receive, 16),
    inode,
    // In a row of TCP, which is longer, this is something else.
    drops: words.length === UDP_WORDS && /^\d+$/.test(drops ?? "") ? Number(drops) : undefined,
  };
}

/**
 * The rows of a table whose sockets are among `inodes`. The listening sockets come first in that of TCP: the connections,
 * of which there may be very many, are not read.
 */
function rowsOf(path: string, inodes: ReadonlySet<string>): SocketRow[] {
  const found: SocketRow[] = [];
  const onlyListening = /tcp6?$/.test(path);
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    const bytes = new Uint8Array(PIECE);
    let text = "";
    for (let n = readSync(fd, bytes, 0, PIECE, null); n > 0; n = readSync(fd, bytes, 0, PIECE, null)) {
      const lines = (text + new TextDecoder().decode(bytes.subarray(0, n))).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const row = parseSocketRow(line);
        if (row === undefined) continue;
        if (onlyListening && row.state !== LISTEN) return found;
        if (inodes.has(row.inode)) found.push(row);
      }
      if (found.length === inodes.size) return found;
    }
  } catch {
    // No such table, or it is not this user's to see.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  return found;
}

/** The number by which the system's tables name a socket. */
function inodeOf(pid: number, fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
  } catch {
    return undefined;
  }
}

const TABLES: readonly [string, (proto: Protocol) => boolean][] = [
  ["tcp", (proto) => proto === "tcp" || proto === "ssl" || proto === "ssleay"],
  ["udp", (proto) => proto === "udp"],
];

/** The rows of the sockets that have one, by the system's number. */
function rowsByInode(
  pid: number,
  sockets: readonly { readonly proto: Protocol; readonly inode: string | undefined }[],
): ReadonlyMap<string, SocketRow> {
  const rows = new Map<string, SocketRow>();
  for (const [table, has] of TABLES) {
    const left = new Set(sockets.filter(({ proto }) => has(proto)).map(({ inode }) => inode ?? ""));
    left.delete("");
    // In the server's own network, which need not be this process's.
    for (const path of [`/proc/${pid}/net/${table}`, `/proc/${pid}/net/${table}6`]) {
      if (left.size === 0) break;
      for (const row of rowsOf(path, left)) {
        rows.set(row.inode, row);
        left.delete(row.inode);
      }
    }
  }
  return rows;
}

function describe(
  address: string,
  socket: PublishedSocket | undefined,
  row: SocketRow | undefined,
): ListenerStatus {
  const isUdp = socket?.proto === "udp";
  return {
    address,
    proto: socket?.proto ?? null,
    queue: row === undefined || isUdp ? null : row.receiveQueue,
    backlog: socket?.backlog ?? null,
    queueBytes: isUdp ? row?.receiveQueue ?? null : null,
    dropped: isUdp ? row?.drops ?? null : null,
  };
}

/** The listening sockets of server `pid`, and what waits there now. */
export function listenerStatus(
  pid: number,
  { listeners, sockets = [] }: Pick<PublishedStatus, "listeners" | "sockets">,
): ListenerStatus[] {
  const known = sockets.map((socket) => ({ ...socket, inode: inodeOf(pid, socket.fd) }));
  const rows = rowsByInode(pid, known);
  return listeners.map((address, i) => describe(address, known[i], rows.get(known[i]?.inode ?? "")));
}
