/**
 * What a running server tells other processes of itself, in memory that `tine status` and `tine reload` find through
 * /proc: who may look is for the kernel to say (the same user, unless the server has changed its own, and root).
 *
 * @module
 */

import { readdirSync, readlinkSync } from "node:fs";
import { escapeMessage } from "../log/line_format.ts";
import { closeFd } from "../os/descriptor.ts";
import { openToLook } from "../os/open_file.ts";
import { readBytes, statDescriptor } from "../os/regular_file.ts";
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
/** How the system names memory that was made with a label. */
const MEMORY = "/memfd:";
/** How it names a status file. */
export const STATUS_LINK: string = MEMORY + LABEL;

/** The most addresses, and the longest error, that are told where all of it would not fit. */
const MOST_LISTENERS = 200;
const LONGEST_ERROR = 2000;

function encode(status: ServerStatus): Uint8Array {
  const encoder = new TextEncoder();
  const whole = encoder.encode(JSON.stringify(status));
  if (whole.length < SIZE) return whole;
  const { listeners, scaleError, reloadError } = status;
  const more = listeners.length - MOST_LISTENERS;
  return encoder.encode(JSON.stringify({
    ...status,
    listeners: more > 0 ? [...listeners.slice(0, MOST_LISTENERS), `${more} more`] : listeners,
    scaleError: scaleError?.slice(0, LONGEST_ERROR),
    reloadError: reloadError?.slice(0, LONGEST_ERROR),
  }));
}

/** The server's side. */
export class StatusFile {
  /** Stays open over a restart. */
  readonly fd: number;
  readonly #bytes: Uint8Array;
  #latest: ServerStatus | undefined;

  /** @param inheritedFd The status file's descriptor from before a restart. */
  constructor(inheritedFd?: number) {
    const { fd, bytes } = inheritedFd === undefined
      ? createSharedMemory(LABEL, SIZE)
      : { fd: inheritedFd, bytes: mapSharedMemory(inheritedFd, SIZE) };
    this.fd = fd;
    this.#bytes = new Uint8Array(bytes);
    this.#latest = inheritedFd === undefined ? undefined : parse(this.#bytes) as ServerStatus | undefined;
  }

  /** What was told last. */
  get latest(): ServerStatus | undefined {
    return this.#latest;
  }

  /** Tells it. */
  publish(status: ServerStatus): void {
    this.#latest = status;
    const text = encode(status);
    // Behind the end there is a zero; a reader that comes in between finds no JSON and looks again.
    this.#bytes[0] = 0;
    this.#bytes.set(text.subarray(0, SIZE - 1));
    this.#bytes[Math.min(text.length, SIZE - 1)] = 0;
  }

  /** Changes a part of it. */
  amend(part: Partial<ServerStatus>): void {
    if (this.#latest !== undefined) this.publish({ ...this.#latest, ...part });
  }
}

function parse(bytes: Uint8Array): unknown {
  const end = bytes.indexOf(0);
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end)));
  } catch {
    return undefined; // it is being written
  }
}

/** Where another server's status file is to be read; undefined where the system does not show it to this process. */
export function findStatusFile(pid: number): string | undefined {
  const folder = `/proc/${pid}/fd`;
  try {
    for (const fd of readdirSync(folder)) {
      if (readlinkSync(`${folder}/${fd}`).startsWith(STATUS_LINK)) return `${folder}/${fd}`;
    }
  } catch {
    // Another user's process, one that has ended, or a system without /proc.
  }
  return undefined;
}

/**
 * The first bytes of what a process shares, `most` of them at most; undefined if it is nothing of that kind: the
 * process may be anybody's, and have put whatever it likes in its place.
 */
export function readMemory(path: string, most: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (!readlinkSync(path).startsWith(MEMORY)) return undefined;
    const fd = openToLook(path);
    try {
      return statDescriptor(fd)?.isFile() === true ? readBytes(fd, most) : undefined;
    } finally {
      closeFd(fd);
    }
  } catch {
    return undefined;
  }
}

/** The most children that a status may tell of. */
const MOST_SLOTS = 1 << 16;

/** A count or a time of another process; 0 where it does not tell one, as an older server may not. */
function numeral(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? value as number : 0;
}

/** A text of another process, harmless to a terminal and to programs that read lines. */
function text(value: unknown): string {
  return escapeMessage(typeof value === "string" ? value : "?");
}

/** A reason, if there is one. */
function reason<K extends string>(key: K, value: unknown): { [key in K]?: string } {
  return value === undefined ? {} : { [key]: text(value) } as { [key in K]: string };
}

function scoreboardIn(value: unknown): ServerStatus["scoreboard"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { fd, capacity } = value as Record<string, unknown>;
  return { fd: numeral(fd), capacity: Math.min(numeral(capacity), MOST_SLOTS) };
}

/** A status as another process tells it, which may be anybody's; undefined if it is none. Pure. */
export function checkStatus(told: unknown): ServerStatus | undefined {
  if (typeof told !== "object" || told === null) return undefined;
  const given = told as Record<keyof ServerStatus, unknown>;
  if (!Array.isArray(given.listeners)) return undefined;
  return {
    version: text(given.version),
    runtime: text(given.runtime),
    personality: text(given.personality),
    startedMs: numeral(given.startedMs),
    configuredMs: numeral(given.configuredMs),
    listeners: given.listeners.map(text),
    how: text(given.how),
    scaled: numeral(given.scaled),
    scoreboard: scoreboardIn(given.scoreboard),
    reloads: numeral(given.reloads),
    reloadsRefused: numeral(given.reloadsRefused),
    ...reason("scaleError", given.scaleError),
    ...reason("reloadError", given.reloadError),
  };
}

/** What a server tells now; undefined if it does not at this moment. */
export function readStatusFile(path: string): ServerStatus | undefined {
  const bytes = readMemory(path, SIZE);
  return bytes === undefined ? undefined : checkStatus(parse(bytes));
}
