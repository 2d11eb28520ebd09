/**
 * The levels of the log, and its lines: for a person, and as JSON.
 *
 * @module
 */

import { libc } from "../os/calls.ts";

/** A level of the log. */
export interface Level {
  /** What JSON calls it. */
  readonly name: string;
  /** Its priority in syslog(3) and sd-daemon(3): Net::Server's map. */
  readonly priority: number;
}

/** The levels by their names. */
export const LEVEL = { error: 0, warning: 1, notice: 2, info: 3, debug: 4 } as const;

/** The levels 0 to 4. */
export const LEVELS: readonly Level[] = [
  { name: "error", priority: 3 },
  { name: "warning", priority: 4 },
  { name: "notice", priority: 5 },
  { name: "info", priority: 6 },
  { name: "debug", priority: 7 },
];

const LEAST: Level = { name: "debug", priority: 7 };

/** What a level is: what is below 0 is 0, what is above 4 is 4. */
export function levelOf(level: number): Level {
  return LEVELS[Math.max(0, level)] ?? LEAST;
}

/** Larger than any system's `struct tm`, which begins with nine numbers. */
const TM_SIZE = 128;

/** The numbers of a point in time, months from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * `date` in the zone that TZ names, or the system's, as the C library knows it: the runtimes take the POSIX form of TZ
 * (`EST5EDT,M3.2.0,M11.1.0`, `<+03>-3`) for UTC. The zone is read at the first call, and stays (localtime(3)).
 */
export function localTime(date: Date): LocalTime {
  const seconds = BigInt64Array.of(BigInt(Math.floor(date.getTime() / 1000)));
  const fields = new Int32Array(TM_SIZE / 4);
  libc.localtime_r(new Uint8Array(seconds.buffer), new Uint8Array(fields.buffer));
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = fields;
  return { year: year + 1900, month: month + 1, day, hour, minute, second };
}

const two = (n: number) => String(n).padStart(2, "0");

/** `2026/11/24-08:05:01`, in local time (Net::Server's `log_time`). */
export function logTime(date: Date = new Date()): string {
  const { year, month, day, hour, minute, second } = localTime(date);
  return `${year}/${two(month)}/${two(day)}-${two(hour)}:${two(minute)}:${two(second)}`;
}

const encoder = new TextEncoder();

/**
 * A message as one that cannot forge a line: every byte outside printable ASCII becomes `%XX`, so that an end of
 * line or a terminal's escape in what a client sent stays harmless. One end of line at the end is dropped. (Net::Server
 * lets ends of line within a message stand.)
 */
export function escapeMessage(message: string): string {
  return escapeText(withoutEnd(message));
}

function withoutEnd(message: string): string {
  return message.endsWith("\n") ? message.slice(0, -1) : message;
}

function escapeText(text: string): string {
  if (!/[^\x20-\x7e]/.test(text)) return text;
  let escaped = "";
  for (const byte of encoder.encode(text)) {
    escaped += byte >= 32 && byte <= 126
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

/** One entry of the log. */
export interface Entry {
  readonly level: number;
  readonly message: string;
  /** The process that it is about. */
  readonly pid: number;
  readonly date: Date;
}

/** Which part of a long message a line has. */
interface Part {
  readonly part: number;
  readonly parts: number;
}

/**
 * `{"time":"…","level":"notice","pid":1,"message":"…"}`. What JSON lets stand and a terminal or a reader of lines may
 * obey is escaped too: DEL, the controls from U+0080 to U+009F, and Unicode's ends of line.
 */
export function formatJson({ level, message, pid, date }: Entry, part?: Part): string {
  return escapeJson(
    JSON.stringify({ time: date.toISOString(), level: levelOf(level).name, pid, message, ...part }),
  );
}

function escapeJson(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `2026/11/24-08:05:01 [123] message`; the journal, which takes a priority before it, adds the time by itself. */
function formatText(
  { message, pid, date }: Entry,
  { priority, breaksStacks }: {
    readonly priority: string | undefined;
    readonly breaksStacks?: boolean | undefined;
  },
  part?: Part,
): string {
  const time = priority === undefined ? `${logTime(date)} ` : priority;
  const which = part === undefined ? "" : `(${part.part}/${part.parts}) `;
  const text = escapeText(message);
  return `${time}[${pid}] ${which}${breaksStacks ? breakStack(text) : text}`;
}

/** What a message about something that was thrown begins with. */
const THROWN = /^(?:Child \d+ ends: )?(?:Uncaught |(?:the |The )?(?:handler|hook \w+) threw )/;
/** The calls at its end. */
const CALLS = /(?: \| at [^|]*:\d+\)?)+$/;

/**
 * A message about something that was thrown, with each call of its stack on a line of its own, for a person at a terminal.
 * All others stay one line, whatever a client has put into them.
 */
export function breakStack(message: string): string {
  if (!THROWN.test(message)) return message;
  return message.replace(CALLS, (calls) => calls.replaceAll(" | at ", "\n    at "));
}

/** How lines look. */
export interface LineStyle {
  readonly format: "line" | "json";
  /** Whether the calls of a stack stand on lines of their own, for a person at a terminal. */
  readonly breaksStacks?: boolean | undefined;
  /** What stands before a line of this level, for the journal; undefined elsewhere. */
  readonly prefix: ((level: number) => string) | undefined;
  /** The longest line in bytes, its end included. */
  readonly longest: number;
}

/** Room for `(12/34) ` or `,"part":12,"parts":34`. */
const PART_ROOM = 24;

/** A message in pieces whose escaped forms have `room` bytes at most. */
function pieces(message: string, room: number, escape: (text: string) => string): string[] {
  const all: string[] = [];
  let piece = "";
  let size = 0;
  for (const char of message) {
    const cost = encoder.encode(escape(char)).length;
    if (size + cost > room && piece !== "") {
      all.push(piece);
      piece = "";
      size = 0;
    }
    piece += char;
    size += cost;
  }
  all.push(piece);
  return all;
}

/** An entry as lines, each with its end: one, unless it is longer than what stays whole. */
export function formatEntry(
  given: Entry,
  { format, breaksStacks, prefix, longest }: LineStyle,
): Uint8Array[] {
  const entry = format === "json" ? given : { ...given, message: withoutEnd(given.message) };
  const priority = prefix?.(entry.level);
  const line = format === "json"
    ? (one: Entry, part?: Part) => `${priority ?? ""}${formatJson(one, part)}\n`
    : (one: Entry, part?: Part) => `${formatText(one, { priority, breaksStacks }, part)}\n`;
  const whole = encoder.encode(line(entry));
  if (whole.length <= longest) return [whole];
  const room = longest - encoder.encode(line({ ...entry, message: "" })).length - PART_ROOM;
  const escape = format === "json"
    ? (text: string) => escapeJson(JSON.stringify(text)).slice(1, -1)
    : escapeText;
  const parts = pieces(entry.message, room, escape);
  return parts.map((message, i) =>
    encoder.encode(line({ ...entry, message }, { part: i + 1, parts: parts.length }))
  );
}
