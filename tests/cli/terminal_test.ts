import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { errorLine } from "../../lib/process/print_error.ts";
import { timeout } from "../support/limits.ts";
import { onBun, ROOT } from "../support/outside.ts";

/** Runs a program at a terminal of its own, and prints what it has said. */
const AT_TERMINAL = `
import os, pty, sys
pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 65536))
`;

const noPython = spawnSync("python3", ["--version"]).status === 0 ? false : "python3 is not installed";

/** Sends a signal to the server once it has said a text, and prints what it has said. */
const untilSaid = (text: string) => `
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
said = b""
while True:
    try: said += os.read(terminal, 65536)
    except OSError: break
    if b"${text}" in said and signal: os.kill(pid, signal.SIGTERM); signal = None
os.waitpid(pid, 0)
os.write(1, said)
`;

/** What the command line says at a terminal. */
function atTerminal(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  driver = AT_TERMINAL,
): string {
  const { stdout } = spawnSync("python3", [
    "-c",
    driver,
    process.execPath,
    ...(onBun ? [] : ["run", "-A"]),
    "cli.ts",
    ...words,
  ], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "", DENO_NO_PACKAGE_JSON: "1", ...env },
  });
  return stdout;
}

test("a fault of the handler shows the lines of its own code, each on a line of the terminal", {
  timeout,
  skip: noPython,
}, () => {
  const handler = new URL("../system/fixtures/failing_deep.ts", import.meta.url).pathname;
  const said = atTerminal(
    [handler, "--max_servers", "1", "--port", "127.0.0.1:0"],
    {},
    untilSaid("before it was ready"),
  );
  assert.match(
    said,
    /\[\d+\] Child \d+ ends: the hook childInit threw Error: too deep\r\n {4}at deeper \(.*failing_deep\.ts:3:\d+\)\r\n {4}at .*failing_deep\.ts:9:\d+\)\r\n\d{4}\//,
  );
  assert.doesNotMatch(said, /lib\/child/);
});

test("an error is one line that begins with a red word at a terminal", { timeout, skip: noPython }, () => {
  const wrong = ["--max_servers", "0"];
  const text =
    'command line:1: Cannot set max_servers to "0": it is less than 1; give a whole number from 1 to 4096';
  assert.equal(atTerminal(wrong), errorLine(text, { colored: true }).replace("\n", "\r\n"));
  assert.equal(
    atTerminal(wrong, { NO_COLOR: "1" }),
    errorLine(text, { colored: false }).replace("\n", "\r\n"),
  );
});

test("a person at a terminal is told when all children are ready", { timeout, skip: noPython }, () => {
  const said = atTerminal(["--port", "127.0.0.1:0", "--max_servers", "3"], {}, untilSaid("Ready in"));
  assert.equal(said.match(/Ready in \d+\.\d s: 3 children\r\n/g)?.length, 1, said);
});
