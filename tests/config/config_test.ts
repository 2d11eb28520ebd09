import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig, type LoadedConfig, originOf, type Sources } from "../../lib/config/config.ts";
import { formatOf } from "../../lib/config/config_text.ts";
import { camelCase, type OwnOptions, type PartialConfig } from "../../lib/config/options.ts";
import { askPerl, noNetServer, randomNumbers } from "./net_server.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("tine-config-");

const OWN: OwnOptions = {
  greeting: { kind: "string", default: "hello", help: "Words to greet with." },
  word: { kind: "string", multi: true, help: "A word." },
  password: { kind: "string", min: 8, secret: true, help: "A secret." },
};

/** What Net::Server makes of four sources: each key's values as text. */
const PRECEDENCE = `
  my $defaults;
  { no warnings; *Net::Server::PreForkSimple::default_values = sub { $defaults } }
  my @all;
  for my $case (@$in) {
    local @ARGV = map { my $key = $_; map { "--$key=$_" } @{ $case->{argv}{$key} } } keys %{ $case->{argv} };
    my $hash = sub { my $v = shift; +{map { $_ => $_ eq 'host' ? $v->{$_} : $v->{$_}[0] } keys %$v} };
    $defaults = $hash->($case->{defaults});
    my $server = Net::Server::PreForkSimple->new;
    $server->{server}{_run_args} = [%{ $hash->($case->{code}) }, conf_file => $case->{path}];
    $server->_initialize;
    my %got;
    for my $key (qw(max_servers max_requests listen host)) {
      my $value = $server->{server}{$key};
      $got{$key} = [map { "$_" } ref $value ? @$value : defined $value ? $value : ()];
    }
    push @all, \\%got;
  }
  out(\\@all);
`;

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function load(text: string, name = "t.conf", more: Partial<Sources> = {}): Promise<LoadedConfig> {
  return await loadConfig({ argv: ["--conf_file", file(name, text)], own: OWN, ...more });
}

test("loadConfig without any source gives the table's defaults, frozen", async () => {
  const { config, origin, notes } = await loadConfig({ argv: [] });
  assert.deepEqual(config, {
    port: ["20203"],
    host: ["*"],
    proto: ["tcp"],
    ipv: ["*"],
    idleTimeout: 0,
    udpRecvLen: 4096,
    udpRecvFlags: 0,
    udpBroadcast: false,
    unixType: "SOCK_STREAM",
    watch: [],
    maxServers: 50,
    maxClients: 1,
    maxRequests: 1000,
    checkForDead: 30,
    stopTimeout: 10,
    sigPassthrough: [],
    exec: [],
    execTimeout: 0,
    execKillAfter: 5,
    execStderr: "log",
    leaveChildrenOpenOnHup: false,
    noCloseByChild: false,
    minServers: 5,
    minSpareServers: 2,
    maxSpareServers: 10,
    checkForWaiting: 10,
    checkForSpawn: 30,
    minChildTtl: 10,
    childCommunication: false,
    logLevel: 2,
    logFormat: "line",
    syslogLogsock: "native",
    syslogIdent: "net_server",
    syslogLogopt: "pid",
    syslogFacility: "daemon",
    allow: [],
    deny: [],
    cidrAllow: [],
    cidrDeny: [],
    lookupTimeout: 2,
    serverType: ["PreForkSimple"],
    timeoutHeader: 15,
    timeoutIdle: 60,
    maxHeaderSize: 100_000,
    maxHeaders: 100,
    maxBodySize: 128 * 1024 * 1024,
    app: [],
    enableDispatch: false,
    keepaliveTimeout: 5,
    maxKeepaliveRequests: 1000,
    background: false,
    setsid: false,
    noClientStdout: true,
    own: {},
  });
  assert.equal(origin.size, 0);
  assert.deepEqual(notes, []);
  for (const value of [config, config.own, config.port, config.sigPassthrough]) {
    assert.ok(Object.isFrozen(value));
  }
});

test("loadConfig reads the same from either format", async () => {
  const legacy = await load(
    "port 127.0.0.1:0\nport = 81\nmax_servers: 7\n--serialize SEMAPHORE\ncheck_for_dead 0.5\n" +
      "no_close_by_child on\nsig_passthrough USR1,sigusr2\ngreeting  moin \nword a\nword b # c\nlog_level 9\n",
  );
  const toml = await load(
    'port = ["127.0.0.1:0", 81]\nmax_servers = 7\nserialize = "semaphore"\ncheck_for_dead = 0.5\n' +
      'no_close_by_child = true\nsig_passthrough = ["USR1", "SIGUSR2"]\ngreeting = "moin"\nword = ["a", "b"]\n' +
      "log_level = 9\n",
    "t.toml",
  );
  assert.deepEqual({ ...legacy.config, confFile: "" }, { ...toml.config, confFile: "" });
  assert.equal(legacy.config.logLevel, 4);
  assert.deepEqual(legacy.config.own, { greeting: "moin", word: ["a", "b"] });
});

test("loadConfig reads [[port]] tables", async () => {
  const loaded = await load(
    'max_servers = 2\n[[port]]\nport = 80\nhost = "::1"\n[[port]]\nport = "http"\nipv = 4\n',
    "p",
  );
  assert.deepEqual(loaded.config.port, [{ port: "80", host: "::1" }, { port: "http", ipv: "4" }]);
  assert.equal(originOf(loaded, "port", 1)?.line, 5);
  assert.ok(Object.isFrozen(loaded.config.port[0]));
});

test("loadConfig prefers the command line to code, code to the file, the file to the defaults", async () => {
  const path = file(
    "order.conf",
    "max_servers 3\nmax_requests 3\nhost file1\nhost file2\ncheck_for_dead 3\n",
  );
  const code: PartialConfig = { confFile: path, maxServers: 2, maxRequests: 2, own: { greeting: "code" } };
  const defaults: PartialConfig = {
    confFile: "/nonexistent",
    maxServers: 4,
    host: ["default"],
    checkForDead: 4,
    stopTimeout: 4,
    own: { greeting: "default", word: "w" },
  };
  const loaded = await loadConfig({ argv: ["max_servers", "1"], code, defaults, own: OWN });
  const { config } = loaded;
  assert.deepEqual(
    [config.maxServers, config.maxRequests, config.checkForDead, config.stopTimeout, config.idleTimeout],
    [1, 2, 3, 4, 0],
  );
  assert.deepEqual(config.host, ["file1", "file2"]);
  assert.deepEqual(config.own, { greeting: "code", word: ["w"] });
  const origins = ["max_servers", "max_requests", "check_for_dead", "stop_timeout", "idle_timeout"].map((
    key,
  ) => loaded.origin.get(key)?.source);
  assert.deepEqual(origins, ["command line", "code", path, "defaults", undefined]);
  assert.equal(originOf(loaded, "host", 1)?.line, 4);
});

test("loadConfig takes conf_file from the defaults, and warns of one inside a file", async () => {
  const path = file("inner.conf", "conf_file /other\nmax_servers 9\n");
  const { config, notes } = await loadConfig({ argv: [], defaults: { confFile: path } });
  assert.equal(config.maxServers, 9);
  assert.deepEqual(notes, [`${path}:1:11: conf_file is ignored in a configuration file`]);
});

test("loadConfig takes the personality before the options for server_type", async () => {
  const { config, origin } = await loadConfig({ argv: [], personality: "preforksimple" });
  assert.deepEqual(config.serverType, ["PreForkSimple"]);
  assert.equal(origin.get("server_type")?.line, 1);
});

test("loadConfig warns of options that do nothing together", async () => {
  const { notes } = await loadConfig({
    argv: ["serialize=pipe", "lock_file=/tmp/x", "check_for_dequeue=5", "host=a", "host=b"],
  });
  assert.deepEqual(notes.map((note) => note.split(" ")[0]), ["lock_file", "check_for_dequeue", "host"]);
});

test("loadConfig reads a file with a byte order mark and CRLF line ends", async () => {
  const { config, notes } = await load("\ufeffport 80\r\nlog_file /tmp/x\r\nmax_servers 3\r\n\r\n");
  assert.deepEqual([config.port, config.logFile, config.maxServers, notes], [["80"], "/tmp/x", 3, []]);
});

test("formatOf decides by the name .toml, else by the content", () => {
  const cases: [string, string, string][] = [
    ["a.toml", "port 80", "toml"],
    ["a.TOML", "", "toml"],
    ["a.conf", "", "legacy"],
    ["a.conf", "port = 80\nmax_servers = 5\n", "legacy"],
    ["a.conf", "port = [::1]:80\n", "legacy"],
    ["a.conf", "port [::1]:80\nallow [abc]\n", "legacy"],
    ["a.conf", "allow = [abc]\n", "legacy"],
    ["a.conf", "port = [10.0.0.1]:80", "legacy"],
    ["a.conf", '# host = "x"\nport 80\n', "legacy"],
    ["a.conf", 'host = "x"\r\n', "toml"],
    ["a.conf", "host = 'x' # y\n", "toml"],
    ["a.conf", "[[port]]\nport = 80\n", "toml"],
    ["a.conf", "port = [80, 81]\n", "toml"],
    ["a.conf", "port = [\n  80\n]\n", "toml"],
    ["a.conf", 'port = [ "80" ]\n', "toml"],
    ["tine", "port = []\n", "toml"],
  ];
  for (const [path, text, format] of cases) assert.equal(formatOf(path, text), format, `${path} ${text}`);
});

test("loadConfig has the precedence of Net::Server in 200 random cases", { skip: noNetServer }, async () => {
  const next = randomNumbers(11);
  type Values = Record<string, string[]>;
  const draw = (): Values => {
    const values: Values = {};
    for (const key of ["max_servers", "max_requests", "listen"]) {
      if (next() < 0.4) values[key] = [String(1 + Math.floor(next() * 99))];
    }
    const hosts = Array.from({ length: Math.floor(next() * 3) }, () => `h${Math.floor(next() * 99)}`);
    return hosts.length > 0 ? { ...values, host: hosts } : values;
  };
  const cases = Array.from(
    { length: 200 },
    () => ({ argv: draw(), code: draw(), file: draw(), defaults: draw() }),
  );
  const asFile = (values: Values) =>
    Object.entries(values).flatMap(([key, list]) => list.map((value) => `${key} ${value}\n`)).join("");
  const paths = cases.map((one, index) => file(`case${index}.conf`, `# ${index}\n${asFile(one.file)}`));
  const expected = askPerl(
    PRECEDENCE,
    cases.map((one, index) => ({ ...one, path: paths[index] })),
  ) as Values[];
  for (const [index, one] of cases.entries()) {
    const argv = Object.entries(one.argv).flatMap(([key, list]) => list.map((value) => `--${key}=${value}`));
    const inCode = (values: Values): PartialConfig =>
      Object.fromEntries(
        Object.entries(values).map((
          [key, list],
        ) => [camelCase(key), key === "host" ? list : Number(list[0])]),
      );
    const { config, origin } = await loadConfig({
      argv,
      code: { ...inCode(one.code), confFile: paths[index] },
      defaults: inCode(one.defaults),
    });
    const ours = {
      max_servers: origin.has("max_servers") ? [String(config.maxServers)] : [],
      max_requests: origin.has("max_requests") ? [String(config.maxRequests)] : [],
      listen: origin.has("listen") ? [String(config.listen)] : [],
      host: origin.has("host") ? config.host : [],
    };
    assert.deepEqual(ours, expected[index], JSON.stringify(one));
  }
});

test("a personality's own defaults hold, and what it does not take has no effect", async () => {
  const { config, notes } = await loadConfig({ argv: ["--max_requests", "7"], personality: "Fork" });
  assert.equal(config.maxServers, 256);
  assert.equal(config.checkForDead, 60);
  assert.equal(config.maxRequests, 1);
  assert.deepEqual(notes, ["max_requests is ignored: the personality Fork does not take it"]);
  const given = await loadConfig({ argv: ["--max_servers", "7"], personality: "Fork" });
  assert.equal(given.config.maxServers, 7);
});

test("loadConfig takes the user and the groups of Net::Server's own sample file", async () => {
  const sample = "### user and group to become\nuser        somebody\ngroup       everybody\n";
  const { config } = await load(sample);
  assert.deepEqual([config.user, config.group], ["somebody", "everybody"]);
});

test("loadConfig takes reverse_lookups as a switch of many positions", async () => {
  for (const [text, value] of [["true", "on"], ["false", "off"], ["1", "1"], ['"Double"', "double"]]) {
    const { config } = await load(`reverse_lookups = ${text}\n`, "t.toml");
    assert.equal(config.reverseLookups, value);
  }
  assert.equal((await load("double_reverse_lookups AutoFail\n")).config.doubleReverseLookups, "autofail");
  const { config } = await loadConfig({ argv: [], code: { reverseLookups: true } });
  assert.equal(config.reverseLookups, "on");
});

test("loadConfig takes Perl's patterns as they stand", async () => {
  const { config } = await load("allow (?i)[[:alpha:]]+\\Z \nallow = ::1\n");
  assert.deepEqual(config.allow, ["(?i)[[:alpha:]]+\\Z ", "::1"]);
});

test("loadConfig warns of rules that let nobody in, and on options of a log that is elsewhere", async () => {
  const notesOf = async (text: string) => (await load(text)).notes;
  assert.match((await notesOf("deny a\n")).join(), /every client is denied: there are deny rules/);
  assert.match((await notesOf("cidr_deny 10/8\n")).join(), /every client is denied/);
  assert.deepEqual(await notesOf("deny a\nallow .*\n"), []);
  assert.deepEqual(await notesOf("log_file Sys::Syslog\nsyslog_ident x\n"), []);
  assert.deepEqual(await notesOf("syslog_ident x\n"), [
    "syslog_ident is ignored: log_file is not Sys::Syslog",
  ]);
  assert.match(
    (await notesOf("log_file Sys::Syslog\nlog_format json\n")).join(),
    /log_format is ignored/,
  );
  assert.match(
    (await notesOf("lookup_timeout 1\nreverse_lookups 0\n")).join(),
    /lookup_timeout is ignored/,
  );
});
