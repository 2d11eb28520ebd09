import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { loadConfig } from "../../lib/config/config.ts";
import { commonHelp, effectiveOptions, helpText, printEffective, wrap } from "../../lib/config/describe.ts";
import { jsonSchema, optionsPage, sampleLegacy, sampleToml } from "../../lib/config/documents.ts";
import { parseLegacyFile } from "../../lib/config/legacy_file.ts";
import { type OptionRow, OPTIONS, type OwnOptions } from "../../lib/config/options.ts";
import { checkSource } from "../../lib/config/precedence.ts";
import { parseTomlFile } from "../../lib/config/toml_file.ts";

const rows: readonly OptionRow[] = OPTIONS;
const supported = rows.filter(({ status }) => status === "supported");

test("helpText has every supported option once, no other, and 100 columns at most", () => {
  const own: OwnOptions = { greeting: { kind: "string", help: "Words. More.", default: "hi" } };
  const lines = helpText(own).split("\n");
  const listed = lines.flatMap((line) => /^ {2}(?: {4}|-\w, )--(\w+)/.exec(line)?.[1] ?? []);
  assert.deepEqual(listed.toSorted(), [...supported.map(({ key }) => key), "greeting"].toSorted());
  assert.deepEqual(lines.filter((line) => line.length > 100), []);
  assert.ok(lines.some((line) => /^ {2}-n, --max_servers N +Number of children \[50\]$/.test(line)));
  assert.ok(lines.some((line) => /^ {6}--greeting TEXT +Words \[hi\]$/.test(line)));
  // A program's own are what is looked for first.
  assert.equal(lines[0], "This program's own options:");
  for (const width of [60, 72, 90]) {
    // A word that is longer than the column cannot be broken.
    const long = helpText(own, width).split("\n").filter((line) => line.length > width && /\S \S/.test(line));
    assert.deepEqual(long, [], `${width}`);
  }
});

test("no two options have the same letter, and those that most set have a line in the short help", () => {
  const letters = rows.flatMap(({ short }) => short ?? []);
  assert.equal(new Set(letters).size, letters.length);
  const lines = commonHelp(80).split("\n");
  for (const { key, common } of rows) {
    assert.equal(lines.some((line) => line.includes(`--${key} `)), common === true, key);
  }
});

test("wrap breaks at blanks and leaves a long word whole", () => {
  assert.deepEqual(wrap("a bb ccc dddddddd e", 6), ["a bb", "ccc", "dddddddd", "e"]);
});

test("optionsPage names every option", () => {
  const page = optionsPage();
  for (const { key } of rows) assert.ok(page.includes(`\`${key}\``), key);
});

test("docs/OPTIONS.md and docs/tine.schema.json are what the table says", () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  assert.equal(read("docs/OPTIONS.md"), optionsPage(), "run scripts/docs.ts");
  assert.equal(read("docs/tine.schema.json"), jsonSchema(), "run scripts/docs.ts");
});

test("jsonSchema has every supported option, and refuses other names where it knows the program's", () => {
  const schema = JSON.parse(jsonSchema({ greeting: { kind: "string", help: "" } })) as {
    properties: Record<string, unknown>;
    additionalProperties: boolean;
  };
  for (const { key } of supported) assert.ok(Object.hasOwn(schema.properties, key), key);
  assert.ok(Object.hasOwn(schema.properties, "greeting"));
  assert.equal(schema.additionalProperties, false);
});

test("sampleToml and sampleLegacy are files that load once uncommented, at the defaults", async () => {
  const uncomment = (text: string) => text.replace(/^#(?=\w)/gm, "");
  const fill = (text: string) => text.replace(/^(unix_mode.*)…/m, "$10660").replaceAll("…", "USR1");
  const toml = fill(uncomment(sampleToml()));
  const legacy = fill(uncomment(sampleLegacy()));
  const fromToml = checkSource(await parseTomlFile(toml, "a"), {});
  const fromLegacy = checkSource(parseLegacyFile(legacy, "a"), {});
  for (const row of supported) {
    if (row.key === "conf_file" || row.key === "no_client_stdout") continue;
    const expected = Array.isArray(row.default) ? row.default : [row.default];
    for (const checked of [fromToml, fromLegacy]) {
      const values = checked.get(row.key)?.values;
      assert.ok(values !== undefined, row.key);
      if (row.default !== undefined && expected.length > 0) assert.deepEqual(values, expected, row.key);
    }
  }
  assert.equal(checkSource(await parseTomlFile(sampleToml(), "a"), {}).size, 0);
});

test("printEffective shows every option, its value and its origin, and masks secrets", async () => {
  const loaded = await loadConfig({
    argv: ["port=80", "port=81", "password", "hunter2"],
    code: { maxServers: 3 },
    own: { password: { kind: "string", secret: true, help: "" }, greeting: { kind: "string", help: "" } },
  });
  const lines = printEffective(effectiveOptions(loaded)).trimEnd().split("\n");
  assert.equal(lines.length, supported.length + 2);
  assert.ok(lines.some((line) => /^port = \["80", "81"\] +# command line:1, command line:2$/.test(line)));
  assert.ok(lines.some((line) => /^max_servers = 3 +# code$/.test(line)));
  assert.ok(lines.some((line) => /^max_requests = 1000 +# default$/.test(line)));
  assert.ok(lines.some((line) => /^# lock_file = a temporary file +# default$/.test(line)));
  assert.ok(lines.some((line) => /^# greeting = none +# default$/.test(line)));
  assert.ok(lines.some((line) => /^password = "\*\*\*" +# command line:3$/.test(line)));
  assert.ok(!lines.join("\n").includes("hunter2"));
});
