import assert from "node:assert/strict";
import { test } from "node:test";
import { splitArguments, watchFlagAmong, withoutFlagsForOne } from "../../lib/os/command_line.ts";

/** A command line, how many of its words are the program's, and what is passed on of it. */
const TABLE: readonly [string, number, string, string | undefined][] = [
  ["deno run -A srv.ts", 0, "deno run -A srv.ts", undefined],
  ["deno run -A --watch srv.ts a", 1, "deno run -A srv.ts a", "--watch"],
  ["deno run --watch=a.txt,b -A srv.ts", 0, "deno run -A srv.ts", "--watch=a.txt,b"],
  ["deno run --watch-hmr --no-clear-screen srv.ts", 0, "deno run srv.ts", "--watch-hmr"],
  ["deno run --watch --watch-exclude=x srv.ts", 0, "deno run srv.ts", "--watch"],
  ["bun --watch srv.ts --port 1", 2, "bun srv.ts --port 1", "--watch"],
  ["bun --hot --no-clear-screen run srv.ts", 0, "bun run srv.ts", "--hot"],
  ["bun --inspect-brk=1 srv.ts", 0, "bun srv.ts", undefined],
  ["deno run --inspect --inspect-wait=127.0.0.1:1 srv.ts", 0, "deno run srv.ts", undefined],
  ["bun srv.ts --watch --inspect -- --hot", 4, "bun srv.ts --watch --inspect -- --hot", undefined],
  ["server --watch", 1, "server --watch", undefined],
];

for (const [line, count, passedOn, flag] of TABLE) {
  test(`of ${line} the runtime's flags for one process alone are not passed on`, () => {
    const split = splitArguments(line.split(" "), count);
    assert.equal(watchFlagAmong(split), flag);
    assert.equal(withoutFlagsForOne(split).join(" "), passedOn);
  });
}
