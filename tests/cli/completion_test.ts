import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { folderOfFile } from "../support/file_folder.ts";
import { timeout } from "../support/limits.ts";
import { onBun, ROOT } from "../support/outside.ts";

const folder = folderOfFile("tine-completion-");
writeFileSync(join(folder, "a file.toml"), "");

/** Runs a program in a folder with one file, and returns what it printed. */
function run(program: string, ...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, HOME: folder, NO_COLOR: "1", DENO_NO_PACKAGE_JSON: "1" },
  });
  return { status, out: stdout, err: stderr };
}

function tine(...words: string[]) {
  return run(process.execPath, ...(onBun ? [] : ["run", "-A"]), join(ROOT, "cli.ts"), ...words);
}

/** Writes the completion for a shell to a file, and returns its path. */
function completionFor(shell: string): string {
  const { status, out, err } = tine("completion", shell);
  assert.deepEqual([status, err], [0, ""]);
  const path = join(folder, shell);
  writeFileSync(path, out);
  return path;
}

/** What is offered for words of which the last is not whole. */
const EXPECTED: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["tine", "sta"], ["start", "status"]],
  [["tine", "PreForkS"], ["PreForkSimple"]],
  [["tine", "--max_r"], ["--max_requests"]],
  [["tine", "status", "--pid"], ["--pid_file"]],
  [["tine", "status", "--wait"], ["--wait-ready"]],
  [["tine", "check", "x.toml", "--js"], ["--json"]],
  [["tine", "--server_type", "Mul"], ["MultiType", "Multiplex"]],
  [["tine", "-c", "a"], ["a file.toml"]],
];

const lacks = (shell: string) =>
  run(shell, "-c", "exit 0").status === 0 ? false : `${shell} is not installed`;

test("bash completes commands, options, values and files", { timeout, skip: lacks("bash") }, () => {
  const path = completionFor("bash");
  // The function as readline calls it; compopt works within readline alone.
  const driver = `source ${path}; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tine
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  for (
    const [words, offered] of [...EXPECTED, [["tine", "--server_type", "=", "Sin"], ["Single"]] as const]
  ) {
    const { out, err } = run("bash", "--norc", "-c", driver, "bash", ...words);
    assert.deepEqual([out.trim().split("\n").toSorted(), err], [[...offered], ""], words.join(" "));
  }
});

test("fish completes commands, options, values and files", { timeout, skip: lacks("fish") }, () => {
  const path = completionFor("fish");
  for (const [words, offered] of EXPECTED) {
    const { out } = run("fish", "--no-config", "-c", `source ${path}; complete -C '${words.join(" ")}'`);
    const shown = out.trim().split("\n").map((line) => line.split("\t")[0]?.replaceAll("\\ ", " "));
    assert.deepEqual(shown.toSorted(), [...offered], words.join(" "));
  }
});

test("zsh completes an option at its prompt", { timeout, skip: lacks("zsh") }, () => {
  const path = completionFor("zsh");
  // A terminal of its own, which waits for each of these lines.
  const driver = `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'autoload -U compinit; compinit -D -u; source ${path}; echo RE''ADY'
zpty -r z line '*READY*'
zpty -w -n z 'tine --max_req'$'\\t''7'
zpty -r z line '*uests*7*'
print -r -- "$line"`;
  const { status, out } = run("zsh", "-f", "-c", driver);
  assert.equal(status, 0);
  assert.match(out, /uests/);
});

test("another shell is refused with the nearest", { timeout }, () => {
  for (
    const [word, told] of [["bsh", /nearest is "bash"/], [
      "powershell",
      /give one of bash, zsh, fish/,
    ]] as const
  ) {
    const { status, err } = tine("completion", word);
    assert.equal(status, 64);
    assert.match(err, told);
  }
  assert.match(tine("completion").err, /Missing the one shell/);
});
