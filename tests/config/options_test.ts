import assert from "node:assert/strict";
import { test } from "node:test";
import { parseText, parseTyped } from "../../lib/config/kinds.ts";
import {
  camelCase,
  type Config,
  findOption,
  optionNames,
  type OptionRow,
  OPTIONS,
  type PartialConfig,
} from "../../lib/config/options.ts";
import { askPerl, noNetServer } from "./net_server.ts";

const rows: readonly OptionRow[] = OPTIONS;

test("OPTIONS has each name once, also in camelCase", () => {
  const names = optionNames();
  assert.equal(names.length, rows.length + rows.filter(({ alias }) => alias !== undefined).length);
  assert.equal(new Set(names.map(camelCase)).size, names.length);
  assert.equal(findOption("ports")?.key, "port");
  assert.equal(findOption("constructor"), undefined);
});

test("OPTIONS has defaults that its own kinds accept", () => {
  for (const row of rows) {
    const values = Array.isArray(row.default) ? row.default : row.default === undefined ? [] : [row.default];
    assert.equal(
      row.multi === true,
      row.default === undefined ? row.multi === true : Array.isArray(row.default),
      row.key,
    );
    for (const value of values) assert.deepEqual(parseTyped(row, value), { value }, row.key);
  }
});

test("OPTIONS has prose that ends its sentences, and a remedy for each option without a counterpart", () => {
  for (const row of rows) {
    assert.match(row.help, /^[A-Z].*\.$/s, row.key);
    assert.equal(row.remedy !== undefined, row.status === "never", row.key);
    assert.equal(row.values !== undefined, row.kind === "enum", row.key);
    if (row.kind === "seconds") assert.match(row.help, /^Seconds/, row.key);
  }
});

test("OPTIONS knows every key that the packages of Net::Server take", { skip: noNetServer }, () => {
  const script = `
    my %keys;
    for my $class (qw(Server Server::Fork Server::PreForkSimple Server::PreFork Server::MultiType Server::HTTP
      Server::PSGI Server::Multiplex Server::INET Server::Single)) {
      my $package = "Net::$class";
      eval "require $package" or next;
      $keys{$_} = 1 for keys %{ $package->new->options({}) };
    }
    # The protocols and the log modules ask for theirs in lists within their code.
    for my $file (qw(Proto/SSL Proto/SSLEAY Proto/UDP Proto/UNIX Proto/UNIXDGRAM Log/Sys/Syslog Log/Log/Log4perl)) {
      (my $base = $INC{'Net/Server.pm'}) =~ s/[.]pm$//;
      open my $fh, '<', "$base/$file.pm" or die "$file: $!";
      my $code = do { local $/; <$fh> };
      $code =~ s/^=\\w.*?^=cut//msg;
      while ($code =~ /my \\@\\w+_args = qw\\(([^)]*)\\)/g) { $keys{$_} = 1 for split ' ', $1 }
      while ($code =~ /^\\s+(\\w+)\\s*=> \\\\\\$/mg) { $keys{$1} = 1 }
    }
    out([sort keys %keys]);
  `;
  const keys = askPerl(script, null) as string[];
  assert.ok(keys.length > 60, String(keys.length));
  assert.ok(keys.includes("SSL_key_file") && keys.includes("unix_type") && keys.includes("syslog_ident"));
  assert.deepEqual(keys.filter((key) => findOption(key) === undefined), []);
});

test("OPTIONS has the numbers of Net::Server::PreForkSimple for defaults", { skip: noNetServer }, () => {
  const script = `
    my $server = Net::Server::PreForkSimple->new;
    $server->post_configure;
    out({map { $_ => 0 + $server->{'server'}{$_} } qw(max_servers max_requests check_for_dead log_level)});
  `;
  const numbers = askPerl(script, null) as Record<string, number>;
  for (const [key, value] of Object.entries(numbers)) assert.equal(findOption(key)?.default, value, key);
});

test("Config has the types of the table", () => {
  const read = (config: Config) => {
    const count: number = config.maxServers;
    const lock: string | undefined = config.lockFile;
    const how: "flock" | "semaphore" | "pipe" | "none" | undefined = config.serialize;
    const format: "line" | "json" = config.logFormat;
    const hosts: readonly string[] = config.host;
    // @ts-expect-error: an option that is not supported yet is not there
    const cipherList: unknown = config.SSLCipherList;
    return [count, lock, how, format, hosts, cipherList];
  };
  const given: PartialConfig = {
    port: [0, "localhost:80", { port: 81, ipv: "4" }],
    ipv: 4,
    host: "x",
    own: { a: 1 },
  };
  // @ts-expect-error: a name that is none
  const wrong: PartialConfig = { maxServer: 3 };
  assert.ok(typeof read === "function" && given !== wrong);
});

test("parseText reads each kind and says what is wanted", () => {
  const int = { kind: "int", help: "", min: 0, max: 9 } as const;
  const cases: [Parameters<typeof parseText>[0], string, unknown][] = [
    [int, " 7 \r", { value: 7 }],
    [int, "-1", { reason: "it is less than 0", wanted: "a whole number from 0 to 9" }],
    [int, "10", { reason: "it is more than 9", wanted: "a whole number from 0 to 9" }],
    [int, "", { reason: "it is empty", wanted: "a whole number from 0 to 9" }],
    [int, "0x1", {
      reason: "it is not a whole number",
      wanted: "a whole number from 0 to 9",
    }],
    [{ kind: "int", help: "" }, "99999999999999999999", {
      reason: "it is too large",
      wanted: "a whole number",
    }],
    [{ kind: "seconds", help: "" }, "0.25", { value: 0.25 }],
    [{ kind: "seconds", help: "" }, "2147484", {
      reason: "it is more than 2147483",
      wanted: "a number of seconds from 0 to 2147483",
    }],
    [{ kind: "bool", help: "" }, "Yes", { value: true }],
    [{ kind: "bool", help: "" }, "off", { value: false }],
    [{ kind: "string", help: "" }, " a b ", { value: "a b" }],
    [{ kind: "string", help: "" }, "", { value: "" }],
    [{ kind: "string", help: "", min: 1 }, " ", { reason: "it is empty", wanted: "text that is not empty" }],
    [{ kind: "regexp", help: "" }, "a.+ ", { value: "a.+ " }],
    [{ kind: "regexp", help: "" }, "(", {
      reason: "it is not a regular expression",
      wanted: "a regular expression",
    }],
    [{ kind: "path", help: "" }, "/a b", { value: "/a b" }],
    [{ kind: "path", help: "" }, "a\0b", { reason: "it is not a path", wanted: "a path" }],
    [{ kind: "enum", help: "", values: ["Abc", "d"] }, "aBC", { value: "Abc" }],
    [{ kind: "enum", help: "", values: ["Abc", "d"] }, "e", {
      reason: "it is not one of its values",
      wanted: "one of Abc, d",
    }],
    [{ kind: "signals", help: "" }, "usr1, SIGUSR2,Winch", { value: ["USR1", "USR2", "WINCH"] }],
    [{ kind: "ports", help: "" }, "localhost, 20203, tcp", { value: "localhost, 20203, tcp" }],
  ];
  for (const [definition, text, expected] of cases) {
    assert.deepEqual(parseText(definition, text), expected, `${definition.kind} ${JSON.stringify(text)}`);
  }
  for (const text of ["KILL", "STOP", "USR9", "", "USR1,", "toString"]) {
    assert.ok("reason" in parseText({ kind: "signals", help: "" }, text), text);
  }
});

test("parseTyped takes no value of another type for one of its own", () => {
  const refused: [Parameters<typeof parseTyped>[0]["kind"], unknown[]][] = [
    ["int", ["8", 1.5, true, null, NaN, Infinity, [], {}]],
    ["seconds", ["8", NaN, Infinity, true]],
    ["bool", [1, "true", 0n, null]],
    ["string", [1, true, null, []]],
    ["path", [1, ""]],
    ["ports", [1.5, true, "", null, [], {}, { host: "x" }, { port: 1, other: 2 }, { port: "" }, {
      port: 1,
      host: 2,
    }]],
  ];
  for (const [kind, values] of refused) {
    for (const value of values) {
      assert.ok("reason" in parseTyped({ kind, help: "" }, value), `${kind} ${String(value)}`);
    }
  }
  assert.deepEqual(parseTyped({ kind: "ports", help: "" }, { port: 80n, ipv: 4, host: undefined }), {
    value: { port: "80", ipv: "4" },
  });
});
