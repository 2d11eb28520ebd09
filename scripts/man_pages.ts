/**
 * The man pages, tine(1) and tine.toml(5), from the tables of options, commands and signals.
 *
 * @module
 */

import { COMMANDS } from "../lib/cli/commands.ts";
import { defaultOf, placeholder, rowsOf, SECTIONS } from "../lib/config/describe.ts";
import { type OptionRow, OPTIONS } from "../lib/config/options.ts";
import { FORMS } from "../lib/server/answer.ts";
import { SIGNALS } from "../lib/signals.ts";
import { VERSION } from "../lib/version.ts";

/** The statuses that a script may meet, as `lib/exit_codes.ts` has them. */
const STATUSES: readonly (readonly [string, string])[] = [
  ["0", "all went as asked"],
  ["1", "the server was stopped by a fatal error"],
  ["3, 4", "tine status: the server does not run; that cannot be told"],
  ["64", "the command line cannot be understood"],
  ["66", "a file cannot be opened"],
  ["69", "an address cannot be bound, or what is needed is not there"],
  ["71", "the system refused something, such as a process or memory"],
  ["73", "a file cannot be created"],
  ["75", "tine status --wait-ready: the server serves nobody yet"],
  ["77", "a right is missing"],
  ["78", "the configuration is wrong"],
];

/** Text as roff takes it: `` `code` `` is bold. */
function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll(/`([^`]+)`/g, "\\fB$1\\fR")
    .replaceAll(/^(?=[.'])/gm, "\\&");
}

function head(name: string, section: number): string {
  return `.\\" Generated: deno run \\-A scripts/docs.ts\n.TH ${
    roff(name.toUpperCase())
  } ${section} "" "tine ${VERSION}"\n`;
}

/** A heading is followed by its first paragraph without more. */
function section(title: string, ...parts: readonly string[]): string {
  return `.SH ${title}\n${parts.join("")}`.replaceAll(/^(\.S[HS] .*\n)\.PP\n/gm, "$1");
}

function paragraph(text: string): string {
  return `.PP\n${roff(text)}\n`;
}

function entry(term: string, text: string): string {
  return `.TP\n.B ${roff(term)}\n${roff(text)}\n`;
}

/** Lines that stay as they are. */
function plain(text: string): string {
  return `.PP\n.nf\n${roff(text)}\n.fi\n`;
}

/** The blocks of a command's help: those with an indent are tables. */
function usageText(usage: string): string {
  return usage.trimEnd().split("\n\n").map((block) =>
    /^(?:Usage:|\s)/m.test(block) ? plain(block) : paragraph(block.replaceAll("\n", " "))
  ).join("");
}

function optionEntry(row: OptionRow): string {
  const repeatable = row.multi && !row.help.includes("repeatable") ? " Repeatable." : "";
  return entry(
    `${row.key} = ${placeholder(row)}`,
    `${row.help}${repeatable} Default: ${defaultOf(row)}.`,
  );
}

/** What two commands share stands once. */
async function commandEntries(): Promise<string> {
  const known = new Map<string, string>();
  const parts: string[] = [];
  for (const [name, command] of Object.entries(COMMANDS)) {
    const { USAGE: text } = await command.usage();
    parts.push(
      `.SS "tine ${name}"\n`,
      paragraph(`${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`),
    );
    const first = known.get(text);
    if (first === undefined) parts.push(usageText(text));
    else if (name !== "version") parts.push(paragraph(`See tine ${first}.`));
    known.set(text, first ?? name);
  }
  return parts.join("");
}

/** The page tine(1). */
export async function commandPage(): Promise<string> {
  const common = (OPTIONS as readonly OptionRow[]).filter((row) => row.common);
  return [
    head("tine", 1),
    section("NAME", "tine \\- a pre\\-forking server for TCP, UDP and Unix sockets\n"),
    section(
      "SYNOPSIS",
      ".B tine\n[\\fIPERSONALITY\\fR] [\\fIHANDLER\\fR] [\\fIoptions\\fR]\n.br\n.B tine\n\\fICOMMAND\\fR [\\fIarguments\\fR]\n",
    ),
    section(
      "DESCRIPTION",
      paragraph(
        "The first form runs a server. A parent process binds the ports and keeps children alive, each of which accepts " +
          "connections and serves them by HANDLER: the path of a module for Deno or Bun whose default export is a function, " +
          "or an object with processRequest and hooks. Without it, the server is an echo. PERSONALITY is the process model.",
      ),
    ),
    section(
      "OPTIONS",
      paragraph(FORMS),
      paragraph("These are set most often; tine.toml(5) has all."),
      ...common.map((row) =>
        entry(`${row.short === undefined ? "" : `-${row.short}, `}--${row.key} ${placeholder(row)}`, row.help)
      ),
    ),
    section("COMMANDS", await commandEntries()),
    section(
      "SIGNALS",
      paragraph("To the parent:"),
      ...SIGNALS.map(({ name, inParent }) => entry(`SIG${name}`, `${inParent}.`)),
    ),
    section("EXIT STATUS", ...STATUSES.map(([status, text]) => entry(status, `${text}.`))),
    section(
      "ENVIRONMENT",
      entry("NO_COLOR", "If it is not empty, nothing has colours."),
      entry("TINE_RUNTIME", "deno or bun: the runtime of an installed package's command."),
      entry("NOTIFY_SOCKET, LISTEN_FDS, LISTEN_PID", "See systemd(1): sd_notify(3) and sd_listen_fds(3)."),
    ),
    section("SEE ALSO", "tine.toml(5), signal(7), systemd.socket(5)\n"),
  ].join("");
}

/** The page tine.toml(5). */
export function filePage(): string {
  return [
    head("tine.toml", 5),
    section("NAME", "tine.toml \\- configuration of a tine server\n"),
    section(
      "DESCRIPTION",
      paragraph(
        "The file that `tine -c FILE` or the option `conf_file` names. A name that ends in .toml is TOML. Any other file is " +
          "TOML if it has a line that only TOML has, and else of Net::Server's format: lines of `key value`. An option of the " +
          "command line comes before one of the file. `tine check` tells what is in force, and `tine convert` converts between the formats.",
      ),
      plain(
        'handler = "./server.ts"\nport = ["127.0.0.1:20203", "/run/my.sock|unix"]\nmax_servers = 8\nuser = "nobody"',
      ),
    ),
    section("OPTIONS", paragraph("An option of the command line has the same name, as `--key`.")),
    ...SECTIONS.flatMap((name) => {
      const rows = rowsOf(name, "supported");
      return rows.length === 0 ? [] : [`.SS ${name}\n`, ...rows.map(optionEntry)];
    }),
    section("SEE ALSO", "tine(1)\n"),
  ].join("");
}
