import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { onBun, ROOT, withOutside } from "../support/outside.ts";

test("deno install makes a command of a checkout, for every folder", {
  timeout,
  skip: onBun ? "Deno's suite does this" : false,
}, () =>
  withOutside(async (outside) => {
    const root = join(outside.folder, "root");
    const made = await outside.run(
      ["deno", "install", "-g", "--root", root, "-A", "-n", "tine", join(ROOT, "cli.ts")],
    );
    assert.equal(made.status, 0, made.stderr);
    outside.write("handler.ts", "export default () => {};\n");
    outside.write("tine.toml", 'handler = "./handler.ts"\nport = "127.0.0.1:0"\n');
    const PATH = `${join(root, "bin")}:${process.env["PATH"]}`;
    const { status, stdout, stderr } = await outside.run(["tine", "check", "tine.toml"], { PATH });
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /^# OK: 1 port, /);
  }));
