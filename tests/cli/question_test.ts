import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { questionIn } from "../../lib/config/question.ts";
import { VERSION } from "../../lib/version.ts";
import { timeout } from "../support/limits.ts";
import { onBun, type Outcome, type Outside, ROOT, withOutside } from "../support/outside.ts";

const runtime = onBun ? [process.execPath] : [process.execPath, "run", "-A"];
const tine = (outside: Outside, ...args: readonly string[]): Promise<Outcome> =>
  outside.run([...runtime, join(ROOT, "cli.ts"), ...args]);

/** Checks that `args` end with `status` and one line that matches `pattern`. */
async function refused(
  outside: Outside,
  args: readonly string[],
  status: number,
  pattern: RegExp,
): Promise<void> {
  const outcome = await tine(outside, ...args);
  assert.match(outcome.stderr, pattern);
  assert.match(outcome.stderr, /^tine: [^\n]+\n$/, "one line");
  assert.deepEqual({ ...outcome, stderr: "" }, { status, stdout: "", stderr: "" });
}

const HANDLER = `
const handler = {
  options: { domain: { kind: "string", default: "example.com", help: "Whose mail is taken. Any name will do." } },
  processRequest() {},
};
`;

test("a question is an option that the program does not have itself, and no value", () => {
  assert.equal(questionIn(["--port", "80", "--help"]), "help");
  assert.equal(questionIn(["--version"]), "version");
  assert.equal(questionIn(["-h"]), "help");
  assert.equal(questionIn(["-V"]), "version");
  assert.equal(questionIn(["--suffix", "-h"]), undefined);
  assert.equal(questionIn(["--", "ls", "--help"]), undefined);
  assert.equal(questionIn(["--help"], { help: { kind: "string", help: "A text." } }), undefined);
  assert.equal(questionIn([]), undefined);
});

test(
  "a program of one's own answers --help and --version",
  { timeout },
  () =>
    withOutside(async (outside) => {
      const program =
        `import { run } from "${ROOT}/mod.ts";\n${HANDLER}\nawait run(handler, { port: "127.0.0.1:0" });\n`;
      const own = outside.write("own.ts", program);
      const help = await outside.run([...runtime, own, "--help"]);
      assert.deepEqual([help.status, help.stderr], [0, ""]);
      assert.match(help.stdout, /^Usage: own\.ts \[options\]\n/);
      assert.match(help.stdout, /^ {2}-n, --max_servers N /m);
      assert.match(
        help.stdout,
        /^This program's own options:\n {6}--domain TEXT +Whose mail is taken \[example\.com\]$/m,
      );
      const version = await outside.run([...runtime, own, "--version"]);
      assert.deepEqual([version.status, version.stderr], [0, ""]);
      assert.ok(version.stdout.startsWith(`tine ${VERSION} (`), version.stdout);
    }),
);

test("--help behind a command or a handler is answered", { timeout }, () =>
  withOutside(async (outside) => {
    for (const command of ["check", "convert", "stop", "scale", "exec"]) {
      const { status, stdout, stderr } = await tine(outside, command, "--help");
      assert.deepEqual([command, status, stderr], [command, 0, ""]);
      assert.match(stdout, new RegExp(`^Usage: tine .*\\b${command}\\b`));
      assert.equal((await tine(outside, "help", command)).stdout, stdout);
    }
    const handler = outside.write("sink.ts", `${HANDLER}export default handler;\n`);
    const { status, stdout } = await tine(outside, handler, "--port", "127.0.0.1:0", "--help");
    assert.equal(status, 0);
    assert.match(stdout, /^ {6}--domain TEXT /m);
  }));

test(
  "help explains one option, by its name or letter, and a handler's own",
  { timeout },
  () =>
    withOutside(async (outside) => {
      for (const name of ["max_servers", "--max-servers", "-n"]) {
        const { status, stdout } = await tine(outside, "help", name);
        assert.equal(status, 0, name);
        assert.match(
          stdout,
          /^-n, --max_servers N\n\nNumber of children\.[^]*\n\nDefault: 50\. A reload applies a change\.\n$/,
        );
      }
      assert.match(
        (await tine(outside, "help", "log_function")).stdout,
        /It is refused: give the handler a logFunction/,
      );
      await refused(
        outside,
        ["help", "max_server"],
        64,
        /Cannot explain "max_server": .*nearest is "max_servers"/,
      );
      const program =
        `import { run } from "${ROOT}/mod.ts";\n${HANDLER}\nawait run(handler, { port: "127.0.0.1:0" });\n`;
      const own = outside.write("own.ts", program);
      const help = await outside.run([...runtime, own, "help", "domain"]);
      assert.equal(
        help.stdout,
        "--domain TEXT\n\nWhose mail is taken. Any name will do.\n\nDefault: example.com.\n",
      );
    }),
);

test(
  "a command that there is not is refused with the nearest",
  { timeout },
  () =>
    withOutside(async (outside) => {
      const near = (word: string) =>
        new RegExp(`command line:1: Cannot run "\\w+": .*; the nearest is "${word}"\n$`);
      await refused(outside, ["relod", "--pid_file", "x"], 64, near("reload"));
      await refused(outside, ["chek", "x.conf"], 64, near("check"));
      await refused(outside, ["preforc"], 64, near("PreFork"));
      // What the command itself takes is near, too.
      await refused(outside, ["check", "x.conf", "--josn"], 78, /command line:3: .*the nearest is "json"/);
      await refused(outside, ["status", "--wait-redy", "3"], 64, /command line:2: .*nearest is "wait-ready"/);
      await refused(outside, ["reload", "tine.toml"], 64, /command line:2: .*; write -c tine\.toml for a /);
      for (const word of ["launch", "daemonize"]) {
        await refused(
          outside,
          [word],
          64,
          /Cannot run "\w+": there is no such command; see tine --help, or name a /,
        );
      }
      // The name of an option may stand without its dashes.
      await refused(
        outside,
        ["prot", "80"],
        78,
        /command line:1: Cannot set "prot": .*; the nearest is "port"/,
      );
    }),
);

test(
  "an option that may be a handler's own is refused with where to name that",
  { timeout },
  () =>
    withOutside(async (outside) => {
      const conf = outside.write("own.conf", "domain example.org\npid_file FOLDER/pid\n");
      const name = (usage: string) =>
        new RegExp(`own\\.conf:1:1: Cannot set "domain": .*, or name the handler whose own it is: ${usage}`);
      await refused(outside, ["check", conf], 78, name("tine check FILE HANDLER \\[options\\]\n"));
      await refused(
        outside,
        ["status", "--conf_file", conf],
        78,
        name("tine status HANDLER \\[options\\]\n"),
      );
      await refused(outside, ["--conf_file", conf], 78, name("tine HANDLER \\[options\\]\n"));
      await refused(
        outside,
        ["stop", "--domain", "x"],
        78,
        /Cannot set "domain": .*: tine stop HANDLER \[options\]\n/,
      );
      // With the handler named, it is no reason.
      const handler = outside.write("sink.ts", `${HANDLER}export default handler;\n`);
      await refused(
        outside,
        ["check", conf, handler, "--domian", "x"],
        78,
        /Cannot set "domian": .*"domain"\n$/,
      );
      assert.equal((await tine(outside, "check", conf, handler)).status, 0);
      const converted = await tine(outside, "convert", conf, handler);
      assert.match(converted.stdout, /^domain = "example\.org"$/m);
    }),
);

test(
  "status of a server that does not run is 3, and to stop it is no failure",
  { timeout },
  () =>
    withOutside(async (outside) => {
      const file = join(outside.folder, "pid");
      const none = `there is no pid_file "${file}"`;
      const ask = (verb: string) => tine(outside, verb, "--pid_file", file);
      assert.deepEqual(await ask("status"), {
        status: 3,
        stdout: "",
        stderr: `tine: Cannot find the server: ${none}\n`,
      });
      for (const verb of ["stop", "quit"]) {
        assert.deepEqual(await ask(verb), {
          status: 0,
          stdout: `There is nothing to ${verb}: ${none}\n`,
          stderr: "",
        });
      }
      assert.equal((await ask("reload")).status, 69);
      // Left over from a process that has ended, or emptied by a server that might not remove it.
      for (const text of ["4194303\n", ""]) {
        outside.write("pid", text);
        assert.equal((await ask("status")).status, 3, text);
        assert.equal((await ask("stop")).status, 0, text);
      }
      // Not a pid file: nobody knows whether a server runs.
      outside.write("pid", "a letter\n");
      assert.equal((await ask("status")).status, 4);
      assert.equal((await ask("stop")).status, 69);
    }),
);
