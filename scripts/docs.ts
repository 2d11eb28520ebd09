/**
 * Writes what is generated from tables: docs/OPTIONS.md and docs/tine.schema.json from that of the options, and the
 * README's table of signals from theirs. With `--check` it
 * writes nothing and ends with status 1 if a file is not as it would be written.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { SIGNALS } from "../lib/signals.ts";
import { jsonSchema, optionsPage } from "../lib/config/documents.ts";

/** What a file is to be, given what it is. */
const FILES: readonly [string, (now: string) => string][] = [
  ["docs/OPTIONS.md", () => optionsPage()],
  ["docs/tine.schema.json", () => jsonSchema()],
  ["README.md", withSignals],
];

/** The table of signals in the form that `deno fmt` leaves alone. */
function signalsTable(): string {
  const rows = [
    ["Signal", "Command", "Parent", "Child"],
    ...SIGNALS.map(({ name, command, inParent, inChild }) => [
      name,
      command === undefined ? "" : `\`tine ${command}\``,
      inParent,
      inChild,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((cells) => (cells[i] as string).length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((c, i) => c.padEnd(widths[i] as number)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

function withSignals(page: string): string {
  return page.replace(
    /(<!-- signals -->\n)[^]*?(<!-- \/signals -->)/,
    (_, start, end) => `${start}\n${signalsTable()}\n\n${end}`,
  );
}

function current(url: URL): string | undefined {
  try {
    return readFileSync(url, "utf8");
  } catch {
    return undefined;
  }
}

const check = process.argv.includes("--check");
let stale = 0;
for (const [path, write] of FILES) {
  const url = new URL(`../${path}`, import.meta.url);
  const now = current(url);
  const text = write(now ?? "");
  if (now === text) continue;
  if (check) {
    console.error(`${path} is not what the tables in lib/ say; run scripts/docs.ts`);
    stale++;
  } else {
    writeFileSync(url, text);
    console.error(`wrote ${path}`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
