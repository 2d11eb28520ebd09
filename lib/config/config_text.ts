/**
 * A configuration file's text and its format.
 *
 * @module
 */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { ConfigError, type Place } from "../errors.ts";
import { followLinks, namesOpenFile } from "../trusted_path.ts";
import { readLegacyLines } from "./legacy_file.ts";

/** `toml`, or `legacy`: Net::Server's `key value` lines. */
export type Format = "toml" | "legacy";

/** No configuration is larger; a device or a log that was named by mistake is. */
const MAX_BYTES = 1024 * 1024;

const ERRNO_WORDS: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  ENXIO: "It is a socket",
  ENOENT: "No such file or directory",
  ENOTDIR: "Not a directory",
  EPERM: "Operation not permitted",
};

/**
 * Reads a configuration file.
 *
 * Old files have comments in whatever encoding was in use: in `key value` lines these may be anything, as for Net::Server,
 * and count as Latin-1. Values must be UTF-8: any other encoding is a guess.
 *
 * @param path The file.
 * @param place Where the file was named.
 * @throws {ConfigError} if it cannot be read, is empty or has more than 1 MiB, or is not UTF-8 text where it has to be
 */
export function readConfigText(path: string, place?: Place): string {
  const bytes = readBytes(path);
  if ("reason" in bytes) {
    throw new ConfigError(
      `Cannot read configuration file "${path}": ${bytes.reason}; ${
        bytes.remedy ?? "name a file that exists and can be read"
      }`,
      { cause: bytes.cause, option: "conf_file", ...(place === undefined ? {} : { place }) },
    );
  }
  if (bytes.length > MAX_BYTES) throw unfit(path, "it has more than 1 MiB");
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw unfit(path, `it is not text, byte ${nul + 1} is NUL`);
  try {
    // Without ignoreBOM, a byte order mark at the beginning is taken off.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return readOldText(path, bytes);
  }
}

/** A line that is not UTF-8: the text up to there as UTF-8, and the rest as Latin-1. */
interface OldLine {
  readonly text: string;
  /** The column of the first byte that is none of UTF-8, from 1; undefined where all are. */
  readonly column: number | undefined;
}

function decodeLine(bytes: Uint8Array): OldLine {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let whole = 0; // how many bytes `text` stands for
  try {
    for (let i = 0; i < bytes.length; i++) {
      const more = decoder.decode(bytes.subarray(i, i + 1), { stream: true });
      text += more;
      if (more !== "") whole = i + 1;
    }
    decoder.decode();
    return { text, column: undefined };
  } catch {
    const rest = String.fromCharCode(...bytes.subarray(whole));
    return { text: text + rest, column: text.length + 1 };
  }
}

/** The text of a file that is not all UTF-8. @throws {ConfigError} if it has to be, at the first place that is not */
function readOldText(path: string, bytes: Uint8Array): string {
  const lines: OldLine[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start) + 1 || bytes.length;
    lines.push(decodeLine(bytes.subarray(start, end)));
    start = end;
  }
  const text = lines.map((line) => line.text).join("").replace(/^\ufeff/, "");
  const isToml = formatOf(path, text) === "toml";
  for (const [index, { text, column }] of lines.entries()) {
    if (column === undefined) continue;
    const [line] = readLegacyLines(text);
    const commentColumn = text.replace(/\r?\n$/, "").length - (line?.comment?.length ?? 0) + 1;
    const isInComment = line?.key === undefined || column >= commentColumn;
    if (!isToml && isInComment) continue;
    const what = isToml ? "TOML has to be UTF-8, and it is not" : `${line?.key} is not set to text in UTF-8`;
    throw new ConfigError(`Cannot read the configuration: ${what}; save the file as UTF-8`, {
      option: isToml ? "conf_file" : line?.key as string,
      place: { source: path, line: index + 1, column },
    });
  }
  return text;
}

/** Why a file cannot be read. */
interface Unreadable {
  readonly reason: string;
  readonly remedy?: string;
  readonly cause?: unknown;
}

function readBytes(path: string): Uint8Array | Unreadable {
  try {
    // On systems that have links there are users.
    const followed = followLinks(path, process.geteuid?.() ?? 0);
    return "reason" in followed ? followed : readOpened(followed.path);
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? "";
    const words = ERRNO_WORDS[code] ?? String((cause as Error).message);
    return { reason: `${words}${code === "" ? "" : ` (${code})`}`, cause };
  }
}

function readOpened(path: string): Uint8Array | Unreadable {
  // `/dev/stdin` and `/dev/fd/63`, as `<(…)` makes it, are pipes whose writer is there and may take its time. A FIFO
  // that has a name may never have one.
  const isOpenFile = namesOpenFile(path);
  const { O_RDONLY, O_NONBLOCK } = constants;
  const descriptor = openSync(path, isOpenFile ? O_RDONLY : O_RDONLY | O_NONBLOCK);
  try {
    if (!isOpenFile && fstatSync(descriptor).isFIFO()) return { reason: "it is a FIFO" };
    const buffer = new Uint8Array(MAX_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
    }
    if (length === 0 && fstatSync(descriptor).isFile()) {
      return { reason: "it is empty", remedy: "write options or a comment into it; it may have had no room" };
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function unfit(path: string, reason: string, cause?: unknown): ConfigError {
  return new ConfigError(`Cannot read the configuration: ${reason}; name a text file`, {
    ...(cause === undefined ? {} : { cause }),
    option: "conf_file",
    place: { source: path },
  });
}

// A header alone on its line; a value in quotes to the end of the line; an array that only TOML writes so. A legacy
// value such as [::1]:80 or [abc] is none of these.
const TOML_LINES: readonly RegExp[] = [
  /^\s*\[\[?\s*[\w."'-]+\s*\]\]?\s*(#.*)?$/,
  /^\s*[\w."'-]+\s*=\s*("([^"\\]|\\.)*"|'[^']*')\s*(#.*)?$/,
  /^\s*[\w."'-]+\s*=\s*("""|''')/,
  /^\s*[\w."'-]+\s*=\s*\[\s*(["'{#]|\d+\s*(,|\]\s*(#.*)?$)|\]?\s*$)/,
];

/**
 * The format of a configuration file: TOML if the name ends in `.toml`, or if any line is one that only TOML has: a
 * `[header]`, a value in quotes after `=`, or an array. A file that has none of these reads as `key value` lines,
 * which mean the same where it would be TOML too (`max_servers = 8`).
 */
export function formatOf(path: string, text: string): Format {
  if (/\.toml$/i.test(path)) return "toml";
  const isToml = text.split("\n").some((line) =>
    TOML_LINES.some((pattern) => pattern.test(line.replace(/\r$/, "")))
  );
  return isToml ? "toml" : "legacy";
}
