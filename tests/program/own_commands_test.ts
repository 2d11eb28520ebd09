import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { folderOfFile } from "../support/file_folder.ts";
import { timeout } from "../support/limits.ts";
import { onBun, ROOT } from "../support/outside.ts";

const folder = folderOfFile("tine-own-");
const pidFile = join(folder, "own.pid");
const program = join(folder, "mailer.ts");
writeFileSync(
  program,
  `import { run } from "${ROOT}/mod.ts";
run({
  options: {
    suffix: { kind: "string", default: "!", help: "What is put behind each line." },
    quit: { kind: "string", default: "", help: "The word that ends a connection." },
  },
  processRequest() {},
}, { port: "127.0.0.1:0", maxServers: 2, pidFile: ${JSON.stringify(pidFile)}, stopTimeout: 1000 });
`,
);

/** Calls the program, and returns its status and all that it printed. */
function call(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    ...(onBun ? [] : ["run", "-A"]),
    program,
    ...words,
  ], { encoding: "utf8", env: { ...process.env, NO_COLOR: "1", DENO_NO_PACKAGE_JSON: "1" } });
  return { status, out: stdout, err: stderr };
}

/** What a call prints that goes well. */
function answer(...words: string[]): string {
  const { status, out, err } = call(...words);
  assert.deepEqual([status, err], [0, ""], words.join(" "));
  return out;
}

test("a program that calls run checks, shows, scales, reloads and stops its server", { timeout }, () => {
  assert.match(answer("check"), /^# OK: 1 port, PreForkSimple with 2 children\n/);
  const wrong = call("check", "--max_servers", "0");
  assert.equal(wrong.status, 78);
  assert.match(wrong.err, /command line:2: Cannot set max_servers/);
  assert.equal(call("status").status, 3);

  const started = call("--setsid", "--suffix", "?", "--log_file", join(folder, "log"));
  assert.equal(started.status, 0, started.err);
  try {
    assert.match(answer("status"), /^PreForkSimple \(tine .*2 children/s);
    assert.match(answer("scale", "+1"), /serves by 3 children/);
    assert.match(answer("reload"), /has its new configuration/);
    assert.match(answer("stop"), /has ended/);
  } catch (error) {
    process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
    throw error;
  }
  assert.equal(call("status").status, 3);
});

test("its help names its own options first, its commands, and itself", { timeout }, () => {
  const help = answer("--help");
  assert.match(
    help,
    /^Usage: mailer\.ts \[options\]\n {7}mailer\.ts COMMAND \[arguments\]\n\nThis program's own/,
  );
  assert.match(help, /^ {6}--suffix TEXT/m);
  assert.match(help, /^ {2}reload {4}/m);
  assert.match(help, /^More: mailer\.ts COMMAND --help, mailer\.ts help options,/m);
  // What is for handlers and files alone is no command of a program's.
  assert.doesNotMatch(help, /^ {2}(exec|convert|start|restart) /m);
  assert.equal(answer("help"), help);
  const status = answer("status", "--help");
  assert.match(status, /^Usage: mailer\.ts status \[options\]/);
  assert.doesNotMatch(status, /HANDLER|\btine\b/);
  assert.match(answer("help", "options"), /This program's own options:\n {6}--suffix.*--port/s);
  assert.match(answer("help", "signals"), /mailer\.ts reload/);
  const scale = call("scale", "2");
  assert.equal(scale.status, 64);
  assert.match(scale.err, /write mailer\.ts scale \+2 or/);
});

test("an option of the program's own comes before a command of that name", { timeout }, () => {
  assert.match(answer("check", "--quit", "bye"), /^quit = "bye"/m);
  const { status, err } = call("quit", "bye", "--max_servers", "0");
  assert.equal(status, 78);
  assert.match(err, /command line:3: Cannot set max_servers/);
});
