/**
 * A server's status as text for people, in no more than 80 columns. Pure.
 *
 * @module
 */

import { wrap } from "../config/describe.ts";
import { counted } from "../counted.ts";
import type {
  ChildCounts,
  ChildStatus,
  Deaths,
  ListenerStatus,
  ServerStatus,
} from "../daemon/server_status.ts";
import { cpuTime, cut, orDash, size, span } from "./units.ts";

const COLUMNS = 80;

/** A text in lines of its own, those after the first set in. */
function lines(text: string): string[] {
  return wrap(text, COLUMNS - 2).map((line, i) => i === 0 ? line : `  ${line}`);
}

/** `127.0.0.1:80, 3 of 4096 connections wait` */
function listenerText({ address, queue, backlog, queueBytes, dropped }: ListenerStatus): string {
  const parts = [address];
  if (queue !== null && backlog !== null) parts.push(`${queue} of ${counted(backlog, "connection")} wait`);
  if (queueBytes !== null) parts.push(`${queueBytes} bytes wait`);
  if (dropped !== null && dropped > 0) parts.push(`${counted(dropped, "datagram")} dropped`);
  return parts.join(", ");
}

/** `1 serving, 4 waiting` */
export function statesText(states: ChildCounts): string {
  const order = ["serving", "waiting", "standby", "starting", "leaving", "dequeue"] as const;
  return order.filter((state) => states[state] > 0).map((state) => `${states[state]} ${state}`).join(", ");
}

/** `12 children ended: 9 by themselves, 2 failed, 1 SIGKILL` */
export function deathsText({ ended, failed, timeout, unknown, signals }: Deaths): string {
  const reasons: readonly [number, string][] = [
    [ended, "with status 0"],
    [failed, "with another status"],
    [timeout, "after stop_timeout"],
    ...Object.entries(signals).map(([name, times]): [number, string] => [times, `by ${name}`]),
    [unknown, "unknown"],
  ];
  const all = reasons.reduce((sum, [times]) => sum + times, 0);
  const why = reasons.filter(([times]) => times > 0).map(([times, reason]) => `${times} ${reason}`);
  return `${counted(all, "child", "children")} ended${all === 0 ? "" : `: ${why.join(", ")}`}`;
}

function row(child: ChildStatus, now: number): string[] {
  const { pid, state, clients, startedMs, changedMs, cpuMs, memoryBytes, client } = child;
  const since = (ms: number | null) => orDash(ms, (ms) => span(now - ms));
  return [
    String(pid),
    state ?? "unknown",
    orDash(clients),
    orDash(cpuMs, cpuTime),
    orDash(memoryBytes, size),
    since(startedMs),
    since(changedMs),
    client ?? "",
  ];
}

const HEADINGS = ["PID", "STATE", "CLIENTS", "CPU", "MEMORY", "UP", "SINCE", "CLIENT"];

function childrenTable({ children, takenMs }: ServerStatus): string[] {
  if (children.length === 0) return [];
  const rows = [HEADINGS, ...children.map((child) => row(child, takenMs))];
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((cells) => (cells[i] as string).length)));
  return rows.map((cells) =>
    cut(cells.map((cell, i) => cell.padEnd(widths[i] as number)).join("  ").trimEnd(), COLUMNS)
  );
}

function summary(status: ServerStatus): string[] {
  const { takenMs, startedMs, configuredMs, personality, version, runtime, pid, user, name } = status;
  const { totals, states, servedBy, listeners, lastRefusal } = status;
  const ago = (ms: number | null) => orDash(ms, (ms) => span(takenMs - ms));
  const reloads = totals === null
    ? ""
    : `, ${counted(totals.reloads, "reload")}${
      totals.reloadsRefused === 0 ? "" : `, ${totals.reloadsRefused} refused`
    }`;
  return [
    ...lines(
      `${personality} (tine ${version}, ${runtime}), process id ${pid}${
        user === null ? "" : `, user ${user}`
      }`,
    ),
    ...lines(
      `${name === null ? "Up" : `Called "${name}", up`} ${ago(startedMs)}, configured ${
        ago(configuredMs)
      } ago${reloads}`,
    ),
    ...(listeners ?? []).flatMap((listener) => lines(`Listening on ${listenerText(listener)}`)),
    ...lines(`Served by ${servedBy}${states === null ? "" : `: ${statesText(states) || "none yet"}`}`),
    ...(totals === null ? [] : lines(
      `${counted(totals.clients, "client")}${totals.denied === 0 ? "" : `, ${totals.denied} denied`}` +
        `${states === null ? "" : `; ${deathsText(totals.deaths)}`}`,
    )),
    ...(lastRefusal === null ? [] : lines(`The last reload was refused: ${lastRefusal}`)),
  ];
}

/** The text, with a line feed behind each line. */
export function statusText(status: ServerStatus): string {
  const { pid, personality, ready } = status;
  const head = personality !== null
    ? summary(status)
    : ready === null
    ? [`Running, process id ${pid}; only root or the user of the server can see more`]
    : [`Starting, process id ${pid}`];
  return [...head, ...childrenTable(status)].map((line) => `${line}\n`).join("");
}
