/**
 * The table of options as files: the page of the documentation, the JSON schema and the samples.
 *
 * @module
 */

import { defaultOf, firstSentence, placeholder, rangeOf, rowsOf, SECTIONS, wrap } from "./describe.ts";
import { schemaOf } from "./kinds.ts";
import { printText, printToml } from "./print_value.ts";
import { type OptionRow, OPTIONS, type OwnOption, type OwnOptions } from "./options.ts";

const PROSE = `<!-- deno-fmt-ignore-file -->

# Options

<!-- Generated file: \`deno run -A scripts/docs.ts\` writes it from lib/config/options.ts. -->

Options have the same name everywhere, that of Net::Server. In TypeScript write camelCase: \`maxServers\` for
\`max_servers\`. [tine.schema.json](tine.schema.json) describes the TOML file for editors.

## Precedence

From highest to lowest. The first source that sets an option wins. Lists are not merged.

1. The command line.
2. Code: what \`run\` is given.
3. The configuration file that \`conf_file\` names, on the command line, in code or among the defaults.
4. The program's \`defaults\`: use them for values that the file may override.
5. The defaults below.

All values are validated, also those that are overridden. An unknown name, a value of the wrong kind or out of range,
a second value where one is allowed, or a file that cannot be read is an error: one line that says where, what and
why, and exit status 78.

## On the command line

\`tine [PERSONALITY] [HANDLER] [options]\`, with options as \`--key value\`, \`--key=value\`, \`key value\` or
\`key=value\`. Some have a letter too: \`-p 80\`, \`-n 8\`, \`-c FILE\`. \`-\` may stand for \`_\` after \`--\`. The
name alone turns on what is true or false; any other option needs a value. As in Net::Server, \`%\` and *one*
hexadecimal digit stand for the character with that number, here and in \`key value\` files: \`%A\` is a line feed,
and \`%20\` is character 2 followed by a \`0\`. Tine logs a warning where that happens.

## In a file

A file whose name ends in \`.toml\` is TOML. Any other file is TOML if it has a line that only TOML has: a
\`[header]\`, a value in quotes after \`=\`, or an array. Otherwise it is Net::Server's format.

**TOML**: repeatable options are arrays or single values; each \`[[port]]\` table is a port with \`port\`, \`host\`,
\`proto\` and \`ipv\`. There are no other tables. Values have TOML's types: \`max_servers = "8"\` is an error.

**Net::Server's format**: a line is \`key value\`, \`key = value\` or \`key: value\`, with or without \`--\`. \`#\` begins
a comment, \`\\#\` is a \`#\`. Other lines are skipped with a warning, and so is a key without a value. Unlike
Net::Server, Tine rejects a value that begins with \`--\` and a letter (Net::Server reads it as another option), and
takes \`0\`, \`off\`, \`no\` and \`false\` as false (in Perl, all but \`0\` are true). Trailing whitespace counts only in
regular expressions. Values must be UTF-8. Comments may be in any encoding. A TOML file is UTF-8 as a whole.

\`tine convert FILE\` converts either format to the other.
`;

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function supportedTable(rows: readonly OptionRow[]): string {
  const lines = rows.map((row) => {
    const letter = row.short === undefined ? undefined : `-${row.short}`;
    const name = [row.key, row.alias, letter].filter((word) => word !== undefined).map((word) =>
      `\`${word}\``
    )
      .join(", ");
    const value = placeholder(row) + (row.multi ? " …" : "");
    const range = rangeOf(row);
    const fallback = row.defaultText ?? (row.default === undefined ? "none" : `\`${defaultOf(row)}\``);
    const byDefault = fallback === "`none`" ? "none" : fallback;
    const cells = [
      name,
      `\`${value}\`${range === "" ? "" : `, ${range}`}`,
      byDefault,
      row.personality,
      row.apply,
      row.help,
    ].map(cell);
    return `| ${cells.join(" | ")} |`;
  });
  return ["| option | value | default | from | change | meaning |", "|---|---|---|---|---|---|", ...lines]
    .join("\n");
}

/** The page `docs/OPTIONS.md`. */
export function optionsPage(): string {
  const parts = [PROSE, "## The options\n"];
  parts.push(
    "`…` marks repeatable options. *from* is the personality that brought the option, `base` for all of them.\n" +
      "*change* is `live` if a reload applies it to the running server, `restart` if only new sockets or processes " +
      "have it.\n",
  );
  for (const section of SECTIONS) {
    const rows = rowsOf(section, "supported");
    if (rows.length > 0) parts.push(`### ${section}\n\n${supportedTable(rows)}\n`);
  }
  parts.push(
    "## Not supported yet\n\nNet::Server has these. Setting one of them is an error (exit status 78).\n",
  );
  parts.push(list("later", (row) => `${firstSentence(row.help)}.`));
  parts.push(
    "## No equivalent in Tine\n\nSetting one of these is an error, which names the remedy given here.\n",
  );
  parts.push(list("never", (row) => `${firstSentence(row.help)}. Instead: ${row.remedy}.`));
  return parts.join("\n");
}

function list(status: OptionRow["status"], text: (row: OptionRow) => string): string {
  const rows = SECTIONS.flatMap((section) => rowsOf(section, status));
  return rows.map((row) => `- \`${row.key}\`: ${text(row)}\n`).join("");
}

function schemaEntry(definition: OwnOption): Record<string, unknown> {
  const fallback = definition.default === undefined ? {} : { default: definition.default };
  return { description: definition.help, ...schemaOf(definition), ...fallback };
}

/**
 * The JSON schema of a TOML configuration. With `own`, that of a program with these options and no others; without,
 * other names are allowed, since a program's own options may be among them.
 */
export function jsonSchema(own?: OwnOptions): string {
  const properties: Record<string, unknown> = {};
  for (const row of OPTIONS as readonly OptionRow[]) {
    if (row.status !== "supported") continue;
    for (const name of [row.key, ...(row.alias === undefined ? [] : [row.alias])]) {
      properties[name] = schemaEntry(row);
    }
  }
  for (const [key, definition] of Object.entries(own ?? {})) properties[key] = schemaEntry(definition);
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $comment: "Generated file: scripts/docs.ts writes it from lib/config/options.ts.",
    title: "Configuration of a Tine server",
    type: "object",
    properties,
    additionalProperties: own === undefined,
  };
  return JSON.stringify(schema, null, 2) + "\n";
}

/** A sample file with every option, commented out at its default. */
function sample(pair: (row: OptionRow) => readonly string[]): string {
  const blocks = SECTIONS.flatMap((section) => {
    const rows = rowsOf(section, "supported").filter(({ key }) =>
      key !== "conf_file" && key !== "no_client_stdout"
    );
    if (rows.length === 0) return [];
    const entries = rows.map((row) =>
      [...wrap(row.help, 98).map((line) => `# ${line}`), ...pair(row)].join("\n")
    );
    return [[`## ${section}`, ...entries].join("\n\n")];
  });
  return blocks.join("\n\n\n") + "\n";
}

/** A sample TOML file: every option with its help, commented out at its default. */
export function sampleToml(): string {
  return sample((row) => {
    if (row.default !== undefined && row.example === undefined) {
      return [`#${row.key} = ${printToml(row.default)}`];
    }
    return [`#${row.key} = ${exampleOf(row)}`];
  });
}

/** A sample file in Net::Server's format: every option with its help, commented out at its default. */
export function sampleLegacy(): string {
  return sample((row) => {
    const values = Array.isArray(row.default) ? row.default : row.default === undefined ? [] : [row.default];
    if (values.length > 0) {
      return values.map((value) => `#${row.key} ${printText(value).replaceAll("#", "\\#")}`);
    }
    return [`#${row.key} ${row.example ?? exampleOf(row).replace(/^"(.*)"$/, "$1")}`];
  });
}

/** A value for an option without a default, in TOML's form. */
function exampleOf(row: OptionRow): string {
  if (row.example !== undefined) return printToml(row.example);
  switch (row.kind) {
    case "int":
    case "seconds":
      return String(Math.max(row.min ?? 1, 1));
    case "bool":
      return "true";
    case "enum":
      return JSON.stringify(row.values?.[0] ?? "");
    case "path":
      return JSON.stringify(`/path/to/${row.key}`);
    default:
      return '"…"';
  }
}
