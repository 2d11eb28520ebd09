import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { type OptionRow, OPTIONS } from "../../lib/config/options.ts";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { HOOK_HELP } from "../../lib/cli/hook_help.ts";
import { HOOK_NAMES } from "../../lib/hooks.ts";
import { SIGNALS } from "../../lib/signals.ts";
import { VERSION } from "../../lib/version.ts";
import { timeout } from "../support/limits.ts";
import { onBun } from "../support/server.ts";
import { within } from "../support/until.ts";
import { folderOfFile } from "../support/file_folder.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const folder = folderOfFile("cli-test-");

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line to its end. One that goes on is killed, and its status is null. */
async function tine(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [...(onBun ? [] : ["run", "-A"]), "cli.ts", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1", TMPDIR: folder },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (bytes) => out += bytes);
  child.stderr.on("data", (bytes) => err += bytes);
  const end = new Promise<number | null>((resolve) => child.on("close", resolve));
  try {
    return { code: await within(end, 15_000, `the end of tine ${args.join(" ")}; it said ${err}`), out, err };
  } finally {
    child.kill("SIGTERM");
  }
}

/** Checks that `args` end with `code` and one line that matches `pattern`. */
async function refused(args: readonly string[], code: number, pattern: RegExp): Promise<void> {
  const outcome = await tine(...args);
  assert.match(outcome.err, pattern);
  assert.equal(outcome.code, code);
  assert.equal(outcome.out, "");
  assert.match(outcome.err, /^tine: [^\n]+\n$/, "one line");
}

test("--help is short; help options has a line for each option that can be set", { timeout }, async () => {
  const { code, out, err } = await tine("--help");
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  assert.match(out, /^Usage: tine /);
  for (const name of Object.keys(COMMANDS)) assert.match(out, new RegExp(`^  ${name} `, "m"));
  assert.ok(out.split("\n").every((line) => line.length <= 80), out);
  assert.equal((await tine("help")).out, out);
  const options = await tine("help", "options");
  for (const { key, status } of OPTIONS as readonly OptionRow[]) {
    if (status === "supported") assert.match(options.out, new RegExp(`--${key} `));
  }
  assert.ok(options.out.split("\n").every((line) => line.length <= 80), options.out);
});

test("help signals and help hooks list all of them; another word is refused with the nearest", {
  timeout,
}, async () => {
  const signals = await tine("help", "signals");
  for (const { name } of SIGNALS) assert.match(signals.out, new RegExp(`^  ${name} `, "m"));
  const hooks = await tine("help", "hooks");
  for (const name of HOOK_NAMES) assert.match(hooks.out, new RegExp(`^  ${name} `, "m"));
  await refused(["help", "optoins"], 64, /Cannot explain "optoins": .*; the nearest is "options"/);
});

test("what help says of a hook is how its documentation begins", () => {
  const source = readFileSync(new URL("../../lib/hooks.ts", import.meta.url), "utf8");
  for (const [name, text] of Object.entries(HOOK_HELP)) {
    const before = source.slice(0, source.indexOf(`  ${name}?(`));
    const comment = before.slice(before.lastIndexOf("/**")).replace(/\s*\n?\s+\* |\/\*\* ?/g, " ").trim();
    assert.ok(comment.startsWith(text), `${name}: ${comment}`);
  }
});

test("--version names Tine and the runtime", { timeout }, async () => {
  const name = onBun ? "bun" : "deno";
  for (const word of ["--version", "-V", "version"]) {
    const { code, out, err } = await tine(word);
    assert.deepEqual({ code, err }, { code: 0, err: "" });
    assert.match(out, new RegExp(`^tine ${VERSION} \\(${name} ${process.versions[name]}, \\w+ \\w+\\)\\n$`));
  }
});

test("check prints what is in force and where it came from", { timeout }, async () => {
  const path = file("good.conf", "# a comment\nmax_servers 3\nport 127.0.0.1:0\n");
  const { code, out, err } = await tine("check", path, "--max_requests", "7", "--all");
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  assert.match(out, /^# OK: 1 port, PreForkSimple with 3 children\n/);
  assert.match(out, new RegExp(`^max_servers = 3 +# ${path}:2:13$`, "m"));
  assert.match(out, new RegExp(`^port = \\["127.0.0.1:0"\\] +# ${path}:3:6$`, "m"));
  assert.match(out, /^max_requests = 7 +# command line:3$/m);
  assert.match(out, /^check_for_dead = 30 +# default$/m);
});

test("check prints what is set; as JSON everything, or what is wrong", { timeout }, async () => {
  const path = file(
    "fork.toml",
    'server_type = "PreFork"\nport = ["127.0.0.1:0", "127.0.0.1:0"]\nuser = "0"\n',
  );
  const { out } = await tine("check", path, "-n", "20");
  const lines = out.trimEnd().split("\n").map((line) => line.replace(/ +#/, " #"));
  assert.deepEqual(lines, [
    "# OK: 2 ports, PreFork with 5 to 20 children, user 0",
    `port = ["127.0.0.1:0", "127.0.0.1:0"] # ${path}:2:9, ${path}:2:24`,
    "max_servers = 20 # command line:3",
    `user = "0" # ${path}:3:8`,
    `server_type = ["PreFork"] # ${path}:1:15`,
    `conf_file = "${path}" # command line:2`,
  ]);
  const json = JSON.parse((await tine("check", path, "--json")).out) as Record<string, unknown>;
  assert.equal(json["summary"], "2 ports, PreFork with 5 to 50 children, user 0");
  assert.deepEqual((json["options"] as Record<string, unknown>)["user"], {
    value: "0",
    origins: [`${path}:3:8`],
  });
  assert.deepEqual((json["options"] as Record<string, unknown>)["max_servers"], { value: 50, origins: [] });
  const bad = await tine("check", "--max_servers", "0", "--json");
  assert.equal(bad.code, 78);
  const { ok, error } = JSON.parse(bad.out) as { ok: boolean; error: string };
  assert.deepEqual([ok, `tine: ${error}\n`], [false, bad.err]);
});

test("what check prints is a configuration file with the same meaning", { timeout }, async () => {
  const { out } = await tine(
    "check",
    file("first.toml", 'max_servers = 4\nport = ["127.0.0.1:81"]\n'),
    "--all",
  );
  const again = await tine("check", file("printed.toml", out), "--all");
  assert.equal(again.code, 0, again.err);
  const values = (text: string) =>
    text.split("\n").map((line) => line.replace(/\s*#[^#]*$/, "")).filter((line) =>
      !/^(conf_file|$)/.test(line)
    );
  assert.deepEqual(values(again.out), values(out));
});

test("check refuses a port that cannot be understood, with status 78", { timeout }, async () => {
  const path = file("ports.conf", "port 127.0.0.1:80\nport 127.0.0.1:70000\n");
  await refused(
    ["check", path],
    78,
    /ports\.conf:2:6: Cannot bind port "127\.0\.0\.1:70000": 70000 is above 65535/,
  );
});

test("check takes a handler and knows its options", { timeout }, async () => {
  const good = file("sink.conf", "domain mail.example\n");
  const { code, out } = await tine("check", good, "./examples/smtp_sink.ts");
  assert.equal(code, 0);
  assert.match(out, /^domain = "mail\.example"/m);
  await refused(["check", good], 78, /sink\.conf:1:1: Cannot set "domain": there is no such option/);
});

test("a configuration file is converted to the other kind, and back", { timeout }, async () => {
  const text = "max_servers 3\nport 127.0.0.1:80\n";
  const toml = await tine("convert", file("old.conf", text));
  assert.deepEqual({ code: toml.code, err: toml.err }, { code: 0, err: "" });
  assert.match(toml.out, /^#:schema \/.*\/docs\/tine\.schema\.json\nmax_servers = 3$/m);
  const back = await tine("convert", file("new.toml", toml.out));
  assert.equal(back.code, 0);
  assert.equal(back.out, text, "the schema is no part of the other format");
});

test("a mistake in a file is named with its place and the nearest key", { timeout }, async () => {
  const nearest = 'Cannot set "max_server": there is no such option; the nearest is "max_servers"';
  await refused(
    ["check", file("a.conf", "port 1\n  max_server 4\n")],
    78,
    new RegExp(`a\\.conf:2:3: ${nearest}`),
  );
  await refused(
    ["check", file("a.toml", "port = 1\nmax_server = 4\n")],
    78,
    new RegExp(`a\\.toml:2:1: ${nearest}`),
  );
  await refused(["check", file("b.toml", "port = 1\nmax_servers = [\n")], 78, /b\.toml:\d+:\d+: /);
  await refused(
    ["check", file("c.conf", "max_servers 0\n")],
    78,
    /c\.conf:1:13: Cannot set max_servers to "0"/,
  );
  // The same when a server is to be run with it.
  await refused(["--conf_file", join(folder, "a.conf")], 78, /a\.conf:2:3: Cannot set/);
});

test("a mistake on the command line is one line and a status that tells its kind", { timeout }, async () => {
  await refused(
    ["--max_server", "3"],
    78,
    /command line:1: Cannot set "max_server".*nearest is "max_servers"/,
  );
  await refused(["--max_servers", "many"], 78, /command line:1: Cannot set max_servers to "many"/);
  await refused(["-x", "80"], 64, /command line:1: Cannot read argument "-x"/);
  await refused(
    ["-port", "80"],
    64,
    /command line:1: Cannot read argument "-port": .*; the nearest is "port"/,
  );
  await refused(["-n", "many"], 78, /command line:1: Cannot set max_servers to "many"/);
  await refused(["check"], 64, /Missing what to check/);
  await refused(["convert"], 64, /Missing the one file to convert/);
  await refused(["convert", "a", "b.ts", "c"], 64, /Missing the one file to convert/);
});

test("an option that is not supported is refused with what to do", { timeout }, async () => {
  await refused(["--SSL_key_file", "x"], 78, /Cannot set SSL_key_file: it is not supported yet/);
  await refused(["--ipv6_package", "x"], 78, /Cannot set ipv6_package: .*remove it/);
});

test("a configuration file that is not there is refused", { timeout }, async () => {
  const missing = join(folder, "missing.toml");
  await refused(["check", missing], 78, /Cannot read configuration file ".*missing\.toml"/);
  const outcome = await tine("convert", missing);
  assert.notEqual(outcome.code, 0);
  assert.match(outcome.err, /^tine: [^\n]*missing\.toml[^\n]*\n$/);
});

test("a handler that is not there or is none is refused", { timeout }, async () => {
  await refused(["./missing.ts"], 66, /Cannot load handler \.\/missing\.ts: no such file/);
  await refused(
    [file("nothing.ts", "export const x = 1;\n")],
    78,
    /nothing\.ts: it has no default export; export a function by default/,
  );
  await refused(
    [file("number.ts", "export default 1;\n")],
    78,
    /number\.ts: it is a number; give a function/,
  );
  await refused(
    [file("hook.ts", "export default { childInit() {} };\n")],
    78,
    /write hooks: \{ childInit \}/,
  );
  await refused(
    [file("throws.ts", 'throw new Error("not today");\n')],
    78,
    /Cannot load handler .*throws\.ts: not today/,
  );
});

test("a port that is taken is refused with status 69", { timeout }, async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const { code, out, err } = await tine("--port", `127.0.0.1:${port}`);
    assert.match(err, new RegExp(`127\\.0\\.0\\.1:${port}.*address already in use`));
    assert.doesNotMatch(err, /^\s+at /m);
    assert.deepEqual({ code, out }, { code: 69, out: "" });
    assert.equal(err.match(/already in use/g)?.length, 1, `said once:\n${err}`);
  } finally {
    server.close();
  }
});

test("a log file that cannot be created is refused with status 73", { timeout }, async () => {
  const args = ["--log_file", join(folder, "none/x.log"), "--port", "127.0.0.1:0"];
  await refused(args, 73, /Cannot open log_file ".*none\/x\.log"/);
});

test("tine exec refuses what it cannot run, in one line", { timeout }, async () => {
  await refused(["exec", "--port", "0"], 64, /^tine: Missing the program to run; write tine exec /);
  await refused(
    ["exec", "--port", "0", "--"],
    64,
    /^tine: command line:4: Cannot read argument "--": no program/,
  );
  await refused(
    ["exec", "--", "no_such_program"],
    66,
    /^tine: command line:3: Cannot run "no_such_program": no /,
  );
  await refused(
    ["exec", "--", file("plain", "")],
    77,
    /^tine: command line:3: Cannot run .*: it is not executable/,
  );
  await refused(
    ["exec", "examples/echo.ts", "--", "cat"],
    78,
    /^tine: command line:4: Cannot set exec: the handler has a processRequest, .*; remove one of the two\n/,
  );
  await refused(
    ["exec", "--port", "127.0.0.1:0", "--port", "127.0.0.1:0/udp", "--", "cat"],
    78,
    /^tine: command line:\d+: Cannot serve port "127\.0\.0\.1:0\/udp" with exec: its clients are datagrams, /,
  );
  await refused(
    ["exec", "Single", "--", "cat"],
    78,
    /Cannot set exec: Single has no children to run a program /,
  );
  const toml = file("exec.toml", 'port = 0\nexec = ["cat", 7]\n');
  await refused(
    ["--conf_file", toml],
    78,
    /exec\.toml:2:16: Cannot set exec to "7": it is a whole number, not words/,
  );
});

test("check looks for the program, and prints where it is", { timeout }, async () => {
  const { code, out } = await tine("check", file("good_exec.toml", 'exec = ["cat", "-n"]\n'));
  assert.equal(code, 0);
  assert.match(out, /^exec = \["\/\S+\/cat", "-n"\] +# \S+good_exec\.toml:1:9, /m);
  await refused(
    ["check", file("bad_exec.conf", "exec none -x\n")],
    66,
    /bad_exec\.conf:1:6: Cannot run "none"/,
  );
});
