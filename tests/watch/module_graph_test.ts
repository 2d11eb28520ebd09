import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { importsIn } from "../../lib/watch/imports.ts";
import { localModules } from "../../lib/watch/module_graph.ts";
import { filesMatching } from "../../lib/watch/matches.ts";
import { timeout } from "../support/limits.ts";
import { onBun } from "../support/server.ts";

/** Runs `body` in a folder with these files. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "watch-test-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is watched for `entry`, without the folder. */
function watched(folder: string, entry: string): string[] {
  return localModules([join(folder, entry)]).paths.map((path) => path.replace(`${folder}/`, ""));
}

test("all forms of an import are found", { timeout }, () => {
  const text = `
    import "./a.ts";
    import b, { c } from './b.ts';
    import type { T } from "./types.ts"
    export * from "./c.ts";
    export { d } from "./d.ts"; import e from"./e.ts";
    const f = await import("./f.ts"), g = await import(
      "./g.ts",
      { with: { type: "json" } },
    );
    const h = require("./h.cjs");
    new Worker(new URL("./worker.ts", import.meta.url).href, { type: "module" });
    readFileSync(new URL("./page.html", import.meta.url));
    import {
      several,
    } from "@/mapped.ts";
    import i from /* c */ "./i.ts";
    import(/* why */ "./j.ts"); import( // here
      "./k.ts");
    new Worker(new URL("./l.ts", // beside
      import.meta.url)); import.meta.resolve("./m.ts"); import "./dollar$.ts";
    await import(\`./computed/\${name}.ts\`);
  `;
  assert.deepEqual(importsIn(text).toSorted(), [
    "./a.ts",
    "./b.ts",
    "./c.ts",
    "./d.ts",
    "./dollar$.ts",
    "./e.ts",
    "./f.ts",
    "./g.ts",
    "./h.cjs",
    "./i.ts",
    "./j.ts",
    "./k.ts",
    "./l.ts",
    "./m.ts",
    "./types.ts",
    "./worker.ts",
    "@/mapped.ts",
  ]);
});

test("a text that is no module is read in no time", { timeout }, () => {
  // With one way to read it, that is; with two for each comment, this would end never.
  assert.deepEqual(importsIn(`import ${"/* a */ ".repeat(5000)} 1 ${"import /* ".repeat(500)}`), []);
});

test("a module is followed to all local files that it imports, in rings too", { timeout }, async () => {
  await withFiles({
    "h.ts":
      'import "./lib/a.ts"; import "node:fs"; import "npm:nothing@1"; import "https://example.com/x.ts";',
    "lib/a.ts": 'export * from "../b.ts?version=2"; import data from "./data.json" with { type: "json" };',
    "b.ts":
      'import "./h.ts"; import "./node_modules/p/index.js"; import "./with%20space.ts"; import "./a%23b.ts";',
    "lib/data.json": '{ "from": "./nothing.ts" }',
    "with space.ts": "",
    "a#b.ts": "",
    "node_modules/p/index.js": 'import "./more.js"',
  }, (folder) => {
    assert.deepEqual(watched(folder, "h.ts"), [
      "h.ts",
      "lib/a.ts",
      "b.ts",
      "lib/data.json",
      "with space.ts",
      "a#b.ts",
    ]);
  });
});

test("what is not there yet is watched where it may come to be", { timeout }, async () => {
  await withFiles({
    "h.ts": 'import "./none/missing"; import "./there"; import "./built.js";',
    "there.tsx": "",
    "built.ts": "",
  }, (folder) => {
    const paths = watched(folder, "h.ts");
    for (
      const path of ["none/missing", "none/missing.ts", "none/missing/index.ts", "there.tsx", "built.ts"]
    ) {
      assert.ok(paths.includes(path), `${path} in ${paths}`);
    }
    assert.equal(paths.includes("there"), false);
  });
});

test("odd names, and what is no file, are passed over", { timeout }, async () => {
  await withFiles({
    "h.ts":
      'import "./a%2Fb.ts"; import "./%zz.ts"; import "file://elsewhere/x.ts"; import "./pipe.ts"; import "./folder"; import "./after.ts";',
    "folder/x.ts": "",
    "after.ts": "",
  }, (folder) => {
    execFileSync("mkfifo", [join(folder, "pipe.ts")]);
    const paths = watched(folder, "h.ts");
    assert.ok(paths.includes("after.ts"), String(paths));
    // A FIFO was not read: that would have waited for ever.
    assert.ok(paths.includes("pipe.ts"), String(paths));
  });
});

const notHere = onBun ? false : "on Deno the import map of the program applies: tests/system/watch_test.ts";
test("a name that the runtime's configuration explains is followed", { timeout, skip: notHere }, async () => {
  await withFiles({
    "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }',
    "h.ts": 'import "@/word";',
    "lib/word.ts": "",
  }, (folder) => {
    assert.deepEqual(watched(folder, "h.ts"), ["h.ts", "lib/word.ts"]);
  });
});

test(
  "a pattern finds its files, and leaves out packages and what the server writes",
  { timeout },
  async () => {
    const files = {
      "a.html": "",
      "sub/b.html": "",
      "node_modules/c.html": "",
      ".git/d.html": "",
      "log.html": "",
      "e.txt": "",
    };
    await withFiles(files, async (folder) => {
      const { paths } = await filesMatching({
        patterns: [{ pattern: "**/*.html", folder }, { pattern: "none/*.html", folder }, {
          pattern: join(folder, "*.txt"),
          folder: "/",
        }],
        written: [join(folder, "log.html")],
      });
      assert.deepEqual(paths.toSorted(), ["a.html", "e.txt", "sub/b.html"].map((name) => join(folder, name)));
    });
  },
);
