import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../lib/config/config.ts";
import { readLegacyLines } from "../../lib/config/legacy_file.ts";
import { camelCase, type Config, findOption, type OwnOptions } from "../../lib/config/options.ts";
import { planPorts } from "../../lib/listen/plan.ts";
import { thisMachine } from "../../lib/listen/machine.ts";
import { askPerl, noNetServer } from "./net_server.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("tine-real-");

/** What the program of a file would declare as its own options. */
const PROGRAMS: Readonly<Record<string, OwnOptions>> = {
  munin_node: {
    global_timeout: { kind: "seconds", help: "For a whole transaction." },
    timeout: { kind: "seconds", default: 60, help: "For one plugin." },
    host_name: { kind: "string", help: "The name to report under." },
    ignore_file: { kind: "regexp", multi: true, default: [], help: "Files that are no plugins." },
  },
  policy_daemon: {
    db_dir: { kind: "path", help: "Where the database is." },
    greylist_text: { kind: "string", help: "What is told to those that are to come again." },
    whitelist: { kind: "regexp", multi: true, default: [], help: "Clients that need not come again." },
  },
};

function textOf(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.conf`, import.meta.url), "utf8");
}

/** Loads a program's file, without the lines of options that are still to come. */
async function load(name: string) {
  const kept = textOf(name).split("\n").filter((line) => {
    const [read] = readLegacyLines(`${line}\n`);
    return read?.key === undefined || findOption(read.key)?.status !== "later";
  });
  const path = join(folder, `${name}.conf`);
  writeFileSync(path, kept.join("\n"));
  return await loadConfig({ argv: ["--conf_file", path], own: PROGRAMS[name] });
}

/** What Net::Server makes of a file whose keys are all declared: the values of each. */
const READ = `
  my $server = bless { server => { conf_file => $in->{path} } }, 'Net::Server';
  local @ARGV = ();
  $server->configure({ map { $_ => $server->{server}{$_} ||= [] } @{ $in->{keys} } });
  out({ map { $_ => [ map { "$_" } @{ $server->{server}{$_} } ] } @{ $in->{keys} } });
`;

for (const name of Object.keys(PROGRAMS)) {
  test(`the file of ${name} has for Tine the values that Net::Server finds in it`, {
    skip: noNetServer,
  }, async () => {
    const { config, notes } = await load(name);
    const own = PROGRAMS[name] as OwnOptions;
    const lines = readLegacyLines(textOf(name)).flatMap(({ key }) => key === undefined ? [] : [key]);
    const keys = [...new Set(lines)].filter((key) => findOption(key)?.status !== "later");
    const path = join(folder, `${name}.conf`);
    const theirs = askPerl(READ, { path, keys }) as Record<string, string[]>;
    assert.ok(keys.length >= 6);
    for (const key of keys) {
      const value = Object.hasOwn(own, key) ? config.own[key] : config[camelCase(key) as keyof Config];
      const ours = (Array.isArray(value) ? value : [value]).map((one) => one === true ? "1" : String(one));
      // Blanks at the end count in regular expressions alone; in an address they would match nothing.
      const isRegexp = /^(regexp|pattern)$/.test((own[key] ?? findOption(key))?.kind ?? "");
      const wanted = (theirs[key] as string[]).map((one) => isRegexp ? one : one.trim());
      assert.deepEqual(ours, wanted, key);
    }
    assert.deepEqual(notes.filter((note) => /skipped/.test(note)), []);
  });
}

test("the ports of a policy daemon's file are those that are meant", async () => {
  const loaded = await load("policy_daemon");
  const groups = await planPorts({ ...loaded, log: () => {} }, {
    ...thisMachine,
    lookup: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
  });
  assert.deepEqual(groups.flat().map(({ key }) => key), [
    "127.0.0.1|10023|tcp|ipv4",
    "::1|10023|tcp|ipv6",
    "*|/var/run/policy/socket|unix|ipv*",
    "127.0.0.1|10024|udp|ipv4",
  ]);
});

test("munin-node's own options are typed, and its regular expressions mean what they say", async () => {
  const { config } = await load("munin_node");
  const { own } = config;
  assert.equal(own["global_timeout"], 900);
  assert.equal(own["host_name"], "node.example.com");
  assert.deepEqual(config.host, ["*"]);
  const ignored = (own["ignore_file"] as string[]).map((pattern) => new RegExp(pattern));
  for (const file of ["load~", "#load#", "load.bak", "50%", "load.dpkg-old", "load.rpmnew", "x.pod"]) {
    assert.ok(ignored.some((pattern) => pattern.test(file)), file);
  }
  for (const file of ["load", "load.sh", "bakery"]) {
    assert.ok(!ignored.some((pattern) => pattern.test(file)), file);
  }
});
