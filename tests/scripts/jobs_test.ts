import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { jobsOf, jobsOfSuite, readTimes, writeTimes } from "../../scripts/jobs.ts";
import type { Step } from "../../scripts/steps.ts";

const CHECK: Step = { name: "fmt", about: "", command: ["look"], paths: ["tests"] };
const SUITE: Step = {
  name: "test:a",
  about: "",
  command: ["a", "test"],
  paths: ["tests"],
  tally: () => undefined,
};
const FILES = [
  "tests/system/start_test.ts",
  "tests/os/wait_test.ts",
  "tests/os/abi_test.ts",
  "tests/access/rules_test.ts",
  "tests/system/new_test.ts",
];

test("jobsOfSuite() gives each slow file a job, and the quick ones of a folder one together", () => {
  const jobs = jobsOfSuite(SUITE, FILES, {
    "tests/system/start_test.ts": 7,
    "tests/access/rules_test.ts": 5,
  });
  assert.deepEqual(jobs.map(({ about, command, seconds }) => [about, command, seconds]), [
    ["tests/access/rules_test.ts", ["a", "test", "./tests/access/rules_test.ts"], 5],
    // Nobody knows yet how long it takes.
    ["tests/system/new_test.ts", ["a", "test", "./tests/system/new_test.ts"], Infinity],
    ["tests/system/start_test.ts", ["a", "test", "./tests/system/start_test.ts"], 7],
    ["tests/os/ (2 files)", ["a", "test", "./tests/os/abi_test.ts", "./tests/os/wait_test.ts"], 0],
  ]);
});

test("jobsOf() puts checks first, then tests, those of both runtimes that take longest before the others", () => {
  const root = mkdtempSync(join(tmpdir(), "tine-jobs-"));
  try {
    for (const file of FILES) {
      mkdirSync(join(root, file, ".."), { recursive: true });
      writeFileSync(join(root, file), "");
    }
    writeFileSync(join(root, "tests/os/pair.ts"), "");
    const other = { ...SUITE, name: "test:b" };
    const jobs = jobsOf([SUITE, CHECK, other], root, { "tests/system/start_test.ts": 7 });
    assert.deepEqual(jobs.map(({ step, about }) => `${step.name} ${about}`.trimEnd()), [
      "fmt",
      "test:a tests/system/new_test.ts",
      "test:b tests/system/new_test.ts",
      "test:a tests/system/start_test.ts",
      "test:b tests/system/start_test.ts",
      "test:a tests/access/rules_test.ts",
      "test:a tests/os/ (2 files)",
      "test:b tests/access/rules_test.ts",
      "test:b tests/os/ (2 files)",
    ]);
    assert.deepEqual(jobsOf([{ ...SUITE, paths: ["nothing"] }], root, {}), []);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("writeTimes() remembers what takes long, the longest first, and forgets files that have gone", () => {
  const root = mkdtempSync(join(tmpdir(), "tine-jobs-"));
  try {
    mkdirSync(join(root, "scripts"));
    const files = ["tests/system/start_test.ts", "tests/access/rules_test.ts", "tests/system/quick_test.ts"];
    for (const file of files) {
      mkdirSync(join(root, file, ".."), { recursive: true });
      writeFileSync(join(root, file), "");
    }
    writeTimes(root, {
      "tests/system/gone_test.ts": 9,
      "tests/os/abi_test.ts": 1.2,
      "tests/system/quick_test.ts": 0.4,
      "tests/access/rules_test.ts": 5.6,
      "tests/system/start_test.ts": 7.4,
    });
    assert.deepEqual(Object.entries(readTimes(root)), [
      ["tests/system/start_test.ts", 7],
      ["tests/access/rules_test.ts", 6],
      ["tests/system/quick_test.ts", 0],
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
