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
import { type Protocol, PROTOCOLS } from "../config/port_spec.ts";
import { readTotals, type ToldTotals, Totals, TOTALS_SIZE } from "./totals.ts";

/** Where a scoreboard is: its descriptor in the server, and how many slots it has beside the first. */
export interface ScoreboardPlace {
  readonly fd: number;
  readonly capacity: number;
}

/** What the server tells of a listening socket, beside its address. */
export interface PublishedSocket {
  /** Its descriptor in the server. */
  readonly fd: number;
  readonly proto: Protocol;
  /** How many connections may wait for their accept; absent where it has no such limit. */
  readonly backlog?: number | undefined;
}

/** What the server tells. */
export interface PublishedStatus {
  /** What it is called in `ps` and in its log; absent in an older version. */
  readonly name?: string | undefined;
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
  /** The same, in the same order, for programs; absent in an older version. */
  readonly sockets?: readonly PublishedSocket[] | undefined;
  /** Who serves, in words: how many children there shall be. */
  readonly how: string;
  /** How often that was changed, or was to be, by TTIN and TTOU. */
  readonly scaled: number;
  /** Why it was not, the last time; absent if it was. */
  readonly scaleError?: string | undefined;
  /** The scoreboard; absent without children. */
  readonly scoreboard?: ScoreboardPlace | undefined;
  /** Those of children from before a reload; absent without any. */
  readonly oldScoreboards?: readonly ScoreboardPlace[] | undefined;
  /** How many reloads there were. */
  readonly reloads: number;
  /** How many were refused. */
  readonly reloadsRefused: number;
  /** Why the last one failed; absent if it did not. */
  readonly reloadError?: string | undefined;
}

const LABEL = "tine-status";
const SIZE = 1 << 16;
/** What is told has this much room, with a zero behind it; then come the totals. */
const TEXT_SIZE = SIZE - TOTALS_SIZE;
/** How the system names memory that was made with a label. */
const MEMORY = "/memfd:";
/** How it names a status file. */
export const STATUS_LINK: string = MEMORY + LABEL;

/** The most addresses, and the longest error, that are told where all of it would not fit. */
const MOST_LISTENERS = 200;
const LONGEST_ERROR = 2000;

function encode(status: PublishedStatus): Uint8Array {
  const encoder = new TextEncoder();
  const whole = encoder.encode(JSON.stringify(status));
  if (whole.length < TEXT_SIZE) return whole;
  const { listeners, sockets, scaleError, reloadError } = status;
  const more = listeners.length - MOST_LISTENERS;
  return encoder.encode(JSON.stringify({
    ...status,
    listeners: more > 0 ? [...listeners.slice(0, MOST_LISTENERS), `${more} more`] : listeners,
    sockets: sockets?.slice(0, MOST_LISTENERS),
    scaleError: scaleError?.slice(0, LONGEST_ERROR),
    reloadError: reloadError?.slice(0, LONGEST_ERROR),
  }));
}

/** The server's side. */
export class StatusFile {
  /** Stays open over a restart. */
  readonly fd: number;
  /** What is counted. */
  readonly totals: Totals;
  readonly #bytes: Uint8Array;
  #latest: PublishedStatus | undefined;

  /** @param inheritedFd The status file's descriptor from before a restart. */
  constructor(inheritedFd?: number) {
    const { fd, bytes } = inheritedFd === undefined
      ? createSharedMemory(LABEL, SIZE)
      : { fd: inheritedFd, bytes: mapSharedMemory(inheritedFd, SIZE) };
    this.fd = fd;
    this.#bytes = new Uint8Array(bytes, 0, TEXT_SIZE);
    this.totals = new Totals(bytes, TEXT_SIZE);
    this.#latest = inheritedFd === undefined ? undefined : parse(this.#bytes) as PublishedStatus | undefined;
  }

  /** What was told last. */
  get latest(): PublishedStatus | undefined {
    return this.#latest;
  }

  /** Tells it. */
  publish(status: PublishedStatus): void {
    this.#latest = status;
    const text = encode(status);
    this.totals.change(() => {
      // Behind the end there is a zero; a reader that comes in between finds no JSON and looks again.
      this.#bytes[0] = 0;
      this.#bytes.set(text.subarray(0, TEXT_SIZE - 1));
      this.#bytes[Math.min(text.length, TEXT_SIZE - 1)] = 0;
    });
  }

  /** The number of children stays as it is. */
  scaleRefused(why: string): void {
    this.amend({ scaled: (this.#latest?.scaled ?? 0) + 1, scaleError: why });
  }

  /** What was there before a reload stays in force. */
  reloadRefused(why: string): void {
    this.amend({ reloadsRefused: (this.#latest?.reloadsRefused ?? 0) + 1, reloadError: why });
  }

  /** Changes a part of it. */
  amend(part: Partial<PublishedStatus>): void {
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
      const stat = statDescriptor(fd);
      return stat?.isFile() === true ? readBytes(fd, Math.min(most, Number(stat.size))) : undefined;
    } finally {
      closeFd(fd);
    }
  } catch {
    return undefined;
  }
}

/** The most children that a status may tell of. */
export const MOST_SLOTS: number = 1 << 16;

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

function scoreboardIn(value: unknown): ScoreboardPlace | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { fd, capacity } = value as Record<string, unknown>;
  return { fd: numeral(fd), capacity: Math.min(numeral(capacity), MOST_SLOTS) };
}

/** The most reloads whose children may still be there. */
const MOST_GENERATIONS = 256;

function socketIn(value: unknown): PublishedSocket {
  const { fd, proto, backlog } = (value ?? {}) as Record<string, unknown>;
  return {
    fd: numeral(fd),
    proto: PROTOCOLS.find((known) => known === proto) ?? "tcp",
    ...(backlog === undefined ? {} : { backlog: numeral(backlog) }),
  };
}

/** What there is in a list, if it is one. */
function listIn<T>(
  key: string,
  value: unknown,
  most: number,
  read: (item: unknown) => T | undefined,
): object {
  if (!Array.isArray(value)) return {};
  return { [key]: value.slice(0, most).map(read).filter((item) => item !== undefined) };
}

/** A status as another process tells it, which may be anybody's; undefined if it is none. Pure. */
export function checkStatus(told: unknown): PublishedStatus | undefined {
  if (typeof told !== "object" || told === null) return undefined;
  const given = told as Record<keyof PublishedStatus, unknown>;
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
    ...listIn("sockets", given.sockets, given.listeners.length, socketIn),
    ...listIn("oldScoreboards", given.oldScoreboards, MOST_GENERATIONS, scoreboardIn),
    ...reason("name", given.name),
    ...reason("scaleError", given.scaleError),
    ...reason("reloadError", given.reloadError),
  };
}

/** What a server tells now; undefined if it does not at this moment. */
export function readStatusFile(path: string): PublishedStatus | undefined {
  return readStatusAndTotals(path)?.status;
}

/** The same, with its totals where it has any. */
export function readStatusAndTotals(
  path: string,
): { readonly status: PublishedStatus | undefined; readonly totals: ToldTotals | undefined } | undefined {
  const bytes = readMemory(path, SIZE);
  if (bytes === undefined) return undefined;
  return { status: checkStatus(parse(bytes.subarray(0, TEXT_SIZE))), totals: readTotals(bytes) };
}
