/**
 * Writes what is generated from tables: docs/OPTIONS.md and docs/tine.schema.json from that of the options, and the
 * README's table of signals from theirs, the diagram of docs/ARCHITECTURE.md from the table of imports, and the code that
 * docs/API.md shows from the examples, the type of the options, and the man pages. With
 * `--check` it writes nothing and ends with status 1 if a file is not as it would be written.
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { SIGNALS } from "../lib/signals.ts";
import { jsonSchema, optionsPage } from "../lib/config/documents.ts";
import { configSource } from "./config_source.ts";
import { floorsDiagram } from "./floors.ts";
import { commandPage, filePage } from "./man_pages.ts";

/** What a file is to be, given what it is. */
const FILES: readonly [string, (now: string) => string | Promise<string>][] = [
  ["docs/OPTIONS.md", () => optionsPage()],
  ["docs/tine.schema.json", () => jsonSchema()],
  ["docs/man/tine.1", () => commandPage()],
  ["docs/man/tine.toml.5", () => filePage()],
  ["lib/config/config_fields.ts", () => configSource()],
  ["README.md", (page) => withPart(page, "signals", signalsTable())],
  ["docs/ARCHITECTURE.md", (page) => withPart(page, "floors", floorsDiagram(folderExists))],
  ["docs/API.md", withExamples],
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

/** A page with `text` between the marks `<!-- name -->` and `<!-- /name -->`. */
function withPart(page: string, name: string, text: string): string {
  const between = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
  return page.replace(between, (_, start, end) => `${start}\n${text}\n\n${end}`);
}

/** A page with the code of each example that it has marks for: what is shown is what is tested. */
function withExamples(page: string): string {
  return page.replace(/(<!-- (examples\/\w+\.ts) -->\n)[^]*?(<!-- \/\2 -->)/g, (_, start, path, end) => {
    const code = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
    return `${start}\n\`\`\`ts\n${code}\`\`\`\n\n${end}`;
  });
}

function folderExists(folder: string): boolean {
  return existsSync(new URL(`../lib/${folder}`, import.meta.url));
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
  const text = await write(now ?? "");
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
