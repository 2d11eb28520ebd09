/**
 * What `tine top` shows: a status, and the one before it for what happens a second, as lines of a screen. Pure.
 *
 * @module
 */

import { counted } from "../counted.ts";
import type { ChildStatus, ListenerStatus, ServerStatus } from "../daemon/server_status.ts";
import { deathsText, statesText } from "./status_text.ts";
import { cut, orDash, size, span } from "./units.ts";

/** By what children are sorted, in the order in which the key s goes through them. */
export const SORTS = ["cpu", "memory", "clients", "rate", "since", "pid"] as const;

/** By what children are sorted. */
export type Sort = (typeof SORTS)[number];

/** How a screen is drawn. */
export interface View {
  /** Its width; Infinity: nothing is cut off. */
  readonly columns: number;
  /** Its height; Infinity: all children are shown, and no keys. */
  readonly rows: number;
  readonly sort: Sort;
  /** What came of the last key, if that is to be told. */
  readonly note?: string | undefined;
}

/** What a line is, for who gives it a colour. */
export type LineKind = "title" | "plain" | "heading" | "busy" | "looping" | "note" | "keys";

/** A line. */
export interface ScreenLine {
  readonly text: string;
  readonly kind: LineKind;
}

/** From how much of a processor, and for how long, a child that serves is taken for one in an endless loop. */
const LOOP_PERCENT = 80;
const LOOP_MS = 5000;
/** Below this width a column is left out, so that the client's address has room. */
const WIDE = 100;
const BAR = { least: 10, most: 60 } as const;

/** A child, and what it has done since the last look. */
interface Row {
  readonly child: ChildStatus;
  /** Clients a second. */
  readonly rate: number | null;
  /** Of one processor. */
  readonly percent: number | null;
  readonly isLooping: boolean;
}

/** How fast a number grows, in a second; null where one of the two is not known. */
function perSecond(now: number | null, before: number | null | undefined, ms: number): number | null {
  if (now === null || before === null || before === undefined || ms <= 0) return null;
  return Math.max(0, now - before) * 1000 / ms;
}

function rowsOf(status: ServerStatus, before: ServerStatus | undefined): Row[] {
  const known = new Map(before?.children.map((child) => [child.pid, child]));
  const ms = status.takenMs - (before?.takenMs ?? status.takenMs);
  return status.children.map((child) => {
    const earlier = known.get(child.pid);
    // Another child may have got the number.
    const same = earlier?.startedMs === child.startedMs ? earlier : undefined;
    const cpu = perSecond(child.cpuMs, same?.cpuMs, ms);
    const percent = cpu === null ? null : Math.round(cpu / 10);
    const isLooping = child.state === "serving" && percent !== null && percent >= LOOP_PERCENT &&
      status.takenMs - (child.changedMs ?? status.takenMs) >= LOOP_MS;
    return { child, rate: perSecond(child.clients, same?.clients, ms), percent, isLooping };
  });
}

/** What the rows are sorted by: the highest first, and none last. */
function keyOf({ child, rate, percent }: Row, sort: Sort): number {
  const value = {
    cpu: percent,
    memory: child.memoryBytes,
    clients: child.clients,
    rate,
    since: child.changedMs === null ? null : -child.changedMs,
    pid: -child.pid,
  }[sort];
  return value ?? -Infinity;
}

function sorted(rows: readonly Row[], sort: Sort): Row[] {
  return rows.toSorted((a, b) => {
    const [first, second] = [keyOf(a, sort), keyOf(b, sort)];
    return first === second ? a.child.pid - b.child.pid : second > first ? 1 : -1;
  });
}

/** One column of the table. */
interface Column {
  readonly heading: string;
  readonly sort?: Sort;
  readonly align: "left" | "right";
  readonly wide?: true;
  cell(row: Row, now: number): string;
}

const since = (ms: number | null, now: number): string => orDash(ms, (ms) => span(now - ms));

const COLUMNS: readonly Column[] = [
  { heading: "PID", sort: "pid", align: "right", cell: ({ child }) => String(child.pid) },
  {
    heading: "STATE",
    align: "left",
    cell: ({ child, isLooping }) => isLooping ? "looping?" : child.state ?? "unknown",
  },
  { heading: "SINCE", sort: "since", align: "right", cell: ({ child }, now) => since(child.changedMs, now) },
  { heading: "CPU%", sort: "cpu", align: "right", cell: ({ percent }) => orDash(percent) },
  {
    heading: "PSS",
    sort: "memory",
    align: "right",
    cell: ({ child }) => orDash(child.memoryBytes, size),
  },
  { heading: "CLIENTS", sort: "clients", align: "right", cell: ({ child }) => orDash(child.clients) },
  { heading: "/S", sort: "rate", align: "right", cell: ({ rate }) => orDash(rate, decimal) },
  { heading: "UP", align: "right", wide: true, cell: ({ child }, now) => since(child.startedMs, now) },
  { heading: "CLIENT", align: "left", cell: ({ child }) => child.client ?? "" },
];

/** What is at the top of a column. That of memory says how it is counted: many children share what PSS divides. */
function headingOf({ heading, sort }: Column, { children }: ServerStatus): string {
  return sort === "memory" && children.some(({ memoryKind }) => memoryKind === "rss") ? "RSS" : heading;
}

function decimal(value: number): string {
  return value < 99.95 ? value.toFixed(1) : String(Math.round(value));
}

/** `[#####.....]`: a part of a whole. */
export function bar(part: number, whole: number, width: number): string {
  const filled = whole === 0 ? 0 : Math.min(width, Math.ceil(part / whole * width));
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}]`;
}

function table(
  rows: readonly Row[],
  { status, columns: width, sort }: View & { status: ServerStatus },
): ScreenLine[] {
  const columns = COLUMNS.filter(({ wide }) => wide !== true || width >= WIDE);
  const heading = columns.map((column) => headingOf(column, status) + (column.sort === sort ? "*" : ""));
  const cells = rows.map((row) => columns.map((column) => column.cell(row, status.takenMs)));
  // As wide as the widest of all, so that columns stay where they are as long as they can.
  const widths = columns.map((_, i) =>
    Math.max((heading[i] as string).length, ...cells.map((texts) => (texts[i] as string).length))
  );
  const line = (texts: readonly string[]) =>
    cut(
      texts.map((text, i) =>
        columns[i]?.align === "left" ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number)
      ).join("  ").trimEnd(),
      width,
    );
  return [
    { text: line(heading), kind: "heading" },
    ...rows.map(({ child, isLooping }, i): ScreenLine => ({
      text: line(cells[i] as string[]),
      kind: isLooping ? "looping" : child.state === "serving" ? "busy" : "plain",
    })),
  ];
}

/** `3 of 4096 connections wait`; of several listeners all together. Nothing where no system tells. */
function queueText(listeners: readonly ListenerStatus[]): string {
  const queues = listeners.filter(({ queue }) => queue !== null);
  if (queues.length === 0) return "";
  const waiting = queues.reduce((sum, { queue }) => sum + (queue as number), 0);
  return `, ${counted(waiting, "connection")} in the queue`;
}

function summary(status: ServerStatus, before: ServerStatus | undefined, columns: number): ScreenLine[] {
  const { personality, name, pid, takenMs, startedMs, servedBy, totals, states, listeners, lastRefusal } =
    status;
  const ms = takenMs - (before?.takenMs ?? takenMs);
  const rate = totals === null ? null : perSecond(totals.clients, before?.totals?.clients, ms);
  const lines: ScreenLine[] = [{
    text: `${name ?? "tine"}: ${personality}, ${servedBy}, process id ${pid}, up ${
      since(startedMs, takenMs)
    }`,
    kind: "title",
  }];
  if (totals !== null) {
    const { clients, denied, reloads, reloadsRefused } = totals;
    lines.push({
      text:
        `${counted(clients, "client")}, ${orDash(rate, decimal)} per second${queueText(listeners ?? [])}` +
        `${denied === 0 ? "" : `, ${denied} denied`}`,
      kind: "plain",
    });
    if (states !== null) {
      const refused = reloadsRefused === 0 ? "" : `, ${reloadsRefused} refused`;
      lines.push({
        text: `${deathsText(totals.deaths)}; ${counted(reloads, "reload")}${refused}`,
        kind: "plain",
      });
    }
  }
  if (states !== null) {
    const all = status.children.length;
    const text = ` ${states.serving} of ${all} busy (${statesText(states) || "none yet"})`;
    // It stays as wide as it is when the numbers change.
    const width = Math.max(BAR.least, Math.min(BAR.most, Math.floor(columns / 3)));
    lines.push({ text: bar(states.serving, all, width) + text, kind: "plain" });
  }
  if (lastRefusal !== null) {
    lines.push({ text: `The last reload was refused: ${lastRefusal}`, kind: "note" });
  }
  return lines;
}

/** `… 12 more` in place of the children that have no room. */
function shown(lines: readonly ScreenLine[], room: number): readonly ScreenLine[] {
  if (lines.length <= room) return lines;
  const kept = Math.max(0, room - 1);
  // A heading alone tells nothing.
  if (kept < 2) {
    return [{ text: `… ${lines.length - 1} more`, kind: "plain" as const }].slice(0, Math.max(0, room));
  }
  return [...lines.slice(0, kept), { text: `… ${lines.length - kept} more`, kind: "plain" }];
}

function keysLine(sort: Sort, status: ServerStatus): ScreenLine {
  const column = COLUMNS.find((column) => column.sort === sort);
  const by = column === undefined ? sort : headingOf(column, status);
  return { text: `q quit   s sort (now ${by})   + one child more   - one fewer`, kind: "keys" };
}

/**
 * The lines of a screen, no more than it has, none longer than it is wide.
 *
 * @param before The status of the last look, without which nothing is known of what happens a second.
 */
export function renderTop(
  status: ServerStatus,
  before: ServerStatus | undefined,
  view: View,
): ScreenLine[] {
  const { columns, rows, note, sort } = view;
  const head = summary(status, before, Math.min(columns, WIDE)).map(({ text, kind }): ScreenLine => ({
    text: cut(text, columns),
    kind,
  }));
  const keys = keysLine(sort, status);
  const foot = rows === Infinity ? [] : [
    ...(note === undefined ? [] : [{ text: cut(note, columns), kind: "note" } as const]),
    { ...keys, text: cut(keys.text, columns) },
  ];
  const children = sorted(rowsOf(status, before), sort);
  const body = children.length === 0 ? [] : table(children, { ...view, status });
  const room = rows - head.length - foot.length;
  const middle = shown(body, room);
  const gap = rows === Infinity ? 0 : Math.max(0, room - middle.length);
  const blank: ScreenLine = { text: "", kind: "plain" };
  return [...head, ...middle, ...Array<ScreenLine>(gap).fill(blank), ...foot].slice(0, rows);
}
