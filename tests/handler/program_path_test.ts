import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { findProgram } from "../../lib/handler/program_path.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("program-path-");
const place = { source: "f.conf", line: 2, column: 6 };

test("findProgram looks a name up in PATH as a shell does", () => {
  const { stdout } = spawnSync("sh", ["-c", "command -v env"], { encoding: "utf8" });
  assert.equal(findProgram("env"), stdout.trim());
});

test("findProgram makes a path absolute", () => {
  const program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  assert.equal(findProgram(program), program);
  assert.equal(findProgram(`./${relative(process.cwd(), program)}`), program);
});

test("findProgram says what is wrong, where, and with which status to end", () => {
  const plain = join(folder, "plain");
  writeFileSync(plain, "");
  chmodSync(plain, 0o644);
  mkdirSync(join(folder, "folder"));
  const cases: [string, number, RegExp][] = [
    [
      join(folder, "none"),
      66,
      /^f\.conf:2:6: Cannot run "\/\S+none": no such file; give the path of a program$/,
    ],
    [join(plain, "in_a_file"), 66, /no such file/],
    [plain, 77, /^f\.conf:2:6: Cannot run \/\S+plain: it is not executable for this user; name a program/],
    [join(folder, "folder"), 77, /Cannot run \/\S+folder: it is not a file/],
    [
      "no_such_program",
      66,
      /Cannot run "no_such_program": no folder of PATH has such a program; give the path/,
    ],
    [
      "git daemon",
      66,
      /Cannot run "git daemon": .*; give the program and each of its arguments as a word of its own$/,
    ],
  ];
  for (const [name, exitCode, message] of cases) {
    assert.throws(() => findProgram(name, place), (error: Error & { exitCode: number }) => {
      assert.match(error.message, message);
      assert.equal(error.exitCode, exitCode, name);
      return true;
    });
  }
});
