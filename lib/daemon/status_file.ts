/**
 * What a running server tells other processes of itself, in memory that `tine status` and `tine reload` find through
 * /proc: who may look is for the kernel to say (the same user, unless the server has changed its own, and root).
 *
 * @module
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createSharedMemory, mapSharedMemory } from "../os/shared_memory.ts";

/** What the server tells. */
export interface ServerStatus {
  /** Tine's version. */
  readonly version: string;
  /** The runtime's name and version. */
  readonly runtime: string;
  readonly personality: string;
  /** When it was first started, in milliseconds since 1970. */
  readonly startedMs: number;
  /** When the configuration in force was read, in milliseconds since 1970. */
  readonly configuredMs: number;
  /** Addresses, as a person writes them. */
  readonly listeners: readonly string[];
  /** Who serves, in words: how many children there shall be. */
  readonly how: string;
  /** How often that was changed, or was to be, by TTIN and TTOU. */
  readonly scaled: number;
  /** Why it was not, the last time; absent if it was. */
  readonly scaleError?: string | undefined;
  /** The scoreboard's descriptor in the server, and how many slots it has beside the first; absent without children. */
  readonly scoreboard?: { readonly fd: number; readonly capacity: number } | undefined;
  /** How many reloads there were. */
  readonly reloads: number;
  /** How many were refused. */
  readonly reloadsRefused: number;
  /** Why the last one failed; absent if it did not. */
  readonly reloadError?: string | undefined;
}

const LABEL = "tine-status";
const SIZE = 1 << 16;

/** The server's side. */
export class StatusFile {
  /** Stays open over a restart. */
  readonly fd: number;
  readonly #bytes: Uint8Array;
  #latest: ServerStatus | undefined;

  /** @param inheritedFd The board from before a restart. */
  constructor(inheritedFd?: number) {
    const { fd, bytes } = inheritedFd === undefined
      ? createSharedMemory(LABEL, SIZE)
      : { fd: inheritedFd, bytes: mapSharedMemory(inheritedFd, SIZE) };
    this.fd = fd;
    this.#bytes = new Uint8Array(bytes);
    this.#latest = inheritedFd === undefined ? undefined : parse(this.#bytes);
  }

  /** What was told last. */
  get latest(): ServerStatus | undefined {
    return this.#latest;
  }

  /** Tells it. */
  publish(status: ServerStatus): void {
    this.#latest = status;
    const text = new TextEncoder().encode(JSON.stringify(status));
    // Behind the end there is a zero; a reader that comes in between finds no JSON and looks again.
    this.#bytes[0] = 0;
    this.#bytes.set(text.subarray(0, SIZE - 1));
    this.#bytes[Math.min(text.length, SIZE - 1)] = 0;
  }

  /** Tells a part anew. */
  amend(part: Partial<ServerStatus>): void {
    if (this.#latest !== undefined) this.publish({ ...this.#latest, ...part });
  }
}

function parse(bytes: Uint8Array): ServerStatus | undefined {
  const end = bytes.indexOf(0);
  try {
    return JSON.parse(
      new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end)),
    ) as ServerStatus;
  } catch {
    return undefined; // it is being written
  }
}

/** Where another server's board is to be read; undefined where the system does not show it to this process. */
export function findBoard(pid: number): string | undefined {
  const folder = `/proc/${pid}/fd`;
  try {
    for (const fd of readdirSync(folder)) {
      if (readlinkSync(`${folder}/${fd}`).startsWith(`/memfd:${LABEL}`)) return `${folder}/${fd}`;
    }
  } catch {
    // Another user's process, one that has ended, or a system without /proc.
  }
  return undefined;
}

/** What a server tells now; undefined if it does not at this moment. */
export function readBoard(path: string): ServerStatus | undefined {
  try {
    return parse(readFileSync(path));
  } catch {
    return undefined;
  }
}
