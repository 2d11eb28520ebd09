import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { fixture, withServer } from "../support/server.ts";

/** The first word of a process's command line. */
function firstWord(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";
}

/** The name in the log, and those that the parent and a child have in `ps`. */
async function names(args: readonly string[], handler?: string): Promise<(string | undefined)[]> {
  let found: (string | undefined)[] = [];
  const all = ["--max_servers", "1", "--log_level", "4", ...args];
  await withServer(all, handler === undefined ? {} : { handler }, async (server) => {
    await server.says(/Listening on/);
    await server.untilReady(1);
    const [child = 0] = server.children();
    found = [/(\S+) \(type Tine::PreForkSimple\) starting! pid/.exec(server.text)?.[1], firstWord(child)];
    assert.notEqual(firstWord(server.pid), firstWord(child));
  });
  return found;
}

const skip = process.platform === "linux" ? false : "there is no /proc";

test("a server is called by its handler's file, or as it is named, and its children are told from it", {
  timeout,
  skip,
}, async () => {
  const handler = fixture("looping.ts");
  assert.deepEqual(await names([], handler), ["looping", "looping: child"]);
  assert.deepEqual(await names(["--name", "mailer"], handler), ["mailer", "mailer: child"]);
});
