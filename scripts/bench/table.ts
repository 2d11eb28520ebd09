/**
 * Sections of the report: aligned for the terminal.
 *
 * @module
 */

import type { Verdict } from "./goals.ts";
import type { LoadResult } from "./load.ts";

/** One line of a section; `undefined` where the column does not apply. */
export type Row = Readonly<Record<string, string | number | Verdict | undefined>>;

/** One part of the report. */
export interface Section {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly note: string;
  readonly rows: readonly Row[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
  /** What the rows were made of, for the JSON report. */
  readonly samples?: Readonly<Record<string, readonly LoadResult[]>>;
}

/** The section as text: the columns are the keys of its rows, in the order in which they first appear. */
export function formatSection({ title, note, rows, failures }: Section): string {
  const trouble = failures.map((failure) => `! ${failure}`);
  if (rows.length === 0) return [`\n${title}`, ...trouble].join("\n");
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((column) => formatCell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  const lines = cells.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)).join("  ")
      .trimEnd()
  );
  lines.splice(1, 0, widths.map((width) => "─".repeat(width)).join("  "));
  return [`\n${title}`, note, "", ...lines, ...trouble].join("\n");
}

/** Every verdict of a section that had a goal. */
export function verdicts(section: Section): Verdict[] {
  return section.rows.flatMap((row) => Object.values(row)).filter((cell): cell is Verdict =>
    typeof cell === "object" && cell.goal !== undefined
  );
}

function formatCell(cell: Row[string]): string {
  if (cell === undefined) return "·";
  if (typeof cell === "string") return cell;
  if (typeof cell === "number") return formatNumber(cell);
  const ratio = cell.ratio.toFixed(2);
  if (cell.goal === undefined) return ratio;
  return `${ratio} (${cell.goal.sense} ${cell.goal.bound}: ${cell.reached ? "yes" : "NO"})`;
}

/** Three significant digits at least, thousands apart. */
function formatNumber(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
