/**
 * Where few children listen at a time: which these are, as the kernel says it.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import type { TestServer } from "./server.ts";
import { until } from "./until.ts";

/** Why tests of it are left out; false where they are not. */
export const skip: string | false = process.platform === "linux" ? false : "there is no epoll";
/** How many listen at a time. */
export const HOT: number = 2 * availableParallelism();
/** So many children are enough for that. */
export const CHILDREN: number = 2 * HOT + 2;
/** The options of such a server. */
export const ARGS: readonly string[] = ["--max_servers", String(CHILDREN), "--log_level", "4"];

/** The inodes that a process waits for in its epoll sets. */
function waitedFor(pid: number): Set<string> {
  const folder = `/proc/${pid}/fdinfo`;
  try {
    const texts = readdirSync(folder).map((fd) => {
      try {
        return readFileSync(`${folder}/${fd}`, "utf8");
      } catch {
        return ""; // closed meanwhile
      }
    });
    return new Set(
      texts.flatMap((text) => [...text.matchAll(/^tfd:.* ino:([0-9a-f]+)/gm)].map(([, ino = ""]) => ino)),
    );
  } catch {
    return new Set(); // gone meanwhile
  }
}

/** The inode of the listening socket on a port, or of a Unix socket by its path, in hexadecimal. */
function inodeOf(where: number | string): string {
  const isPort = typeof where === "number";
  const lines = readFileSync(`/proc/net/${isPort ? "tcp" : "unix"}`, "utf8").split("\n");
  const end = isPort ? `:${where.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A` : ` ${where}`;
  const words = lines.find((line) => isPort ? line.includes(end) : line.endsWith(end))?.trim().split(/\s+/);
  return Number(words?.[isPort ? 9 : 6]).toString(16);
}

/** The children that would be woken for a client of each of these listeners. Default: of the first port. */
export function listening(
  server: TestServer,
  wheres: readonly (number | string)[] = [server.port],
): number[] {
  const inodes = wheres.map(inodeOf);
  return server.children().filter((pid) => {
    const waits = waitedFor(pid);
    return inodes.every((inode) => waits.has(inode));
  });
}

/** Waits until all children are ready, and as many listen as there are to be. Returns these. `children`: how many, now. */
export async function untilHot(
  server: TestServer,
  children: () => number = () => CHILDREN,
  wheres: readonly (number | string)[] = [server.port],
): Promise<number[]> {
  return await until(
    () => {
      const there = server.children();
      // One that is near its last client has a successor, which waits until there were more of them.
      if (there.length < children() || server.settled(there).length !== there.length) return undefined;
      // None of them listens to some and not to others.
      const each = wheres.map((where) => listening(server, [where]));
      const all = listening(server, wheres);
      return [...each, all].every((pids) => pids.length === Math.min(HOT, children())) ? all : undefined;
    },
    () =>
      `${HOT} of ${children()} children that listen; there are ${server.children()}, of which listen ${
        wheres.map((where) => `${listening(server, [where])}`).join("; ")
      }`,
  ) as number[];
}
