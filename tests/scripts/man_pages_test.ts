import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { OPTIONS } from "../../lib/config/options.ts";
import { timeout } from "../support/limits.ts";
import { ROOT } from "../support/outside.ts";

const PAGES = ["docs/man/tine.1", "docs/man/tine.toml.5"];
const noMandoc = spawnSync("mandoc", ["-T", "lint", "/dev/null"]).error === undefined
  ? false
  : "mandoc is not installed";

/** A page as a reader sees it, without bold. */
function read(page: string): string {
  const { stdout } = spawnSync("mandoc", ["-T", "utf8", "-O", "width=500", page], {
    cwd: ROOT,
    encoding: "utf8",
  });
  // deno-lint-ignore no-control-regex -- a bold letter is the letter, a step back, and the letter
  return stdout.replaceAll(/.\x08/g, "");
}

test("the man pages have no fault that a formatter knows of", { timeout, skip: noMandoc }, () => {
  for (const page of PAGES) {
    const { status, stdout } = spawnSync("mandoc", ["-T", "lint", "-W", "error", page], {
      cwd: ROOT,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout);
  }
});

test("they explain every command, and every option that works", { timeout, skip: noMandoc }, () => {
  const [commands = "", options = ""] = PAGES.map(read);
  for (const name of Object.keys(COMMANDS)) assert.match(commands, new RegExp(`^   tine ${name}$`, "m"));
  for (const { key, status } of OPTIONS) {
    assert.equal(new RegExp(`^       ${key} = `, "m").test(options), status === "supported", key);
  }
  assert.match(commands, /-p, --port PORT\n/);
  assert.match(options, /as `?templates\/\*\.html/);
});
