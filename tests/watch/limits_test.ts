import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { filesMatching } from "../../lib/watch/matches.ts";
import { localModules } from "../../lib/watch/module_graph.ts";
import { folderOfFile } from "../support/file_folder.ts";
import { timeout } from "../support/limits.ts";

const folder = folderOfFile("tine-watch-limits-");
const names = (count: number, ending: string) => Array.from({ length: count }, (_, at) => `m${at}${ending}`);

test("of very many modules some are watched, and it is known that there are more", { timeout }, () => {
  const few = names(1500, ".ts");
  for (const name of few) writeFileSync(join(folder, name), "");
  const entry = join(folder, "entry.ts");
  writeFileSync(entry, few.map((name) => `import "./${name}";\n`).join(""));
  const all = localModules([entry]);
  assert.deepEqual([all.paths.length, all.areMore], [1501, false]);
  writeFileSync(
    join(folder, "m0.ts"),
    names(600, "_more.ts").map((name) => `import "./${name}";\n`).join(""),
  );
  const some = localModules([entry]);
  assert.deepEqual([some.paths.length, some.areMore], [2000, true]);
  assert.equal(some.paths[0], entry);
});

test("of very many files that match some are watched, each once, and it is known that there are more", {
  timeout,
}, async () => {
  const many = join(folder, "many");
  for (const name of [many, join(many, "node_modules"), join(many, ".git")]) mkdirSync(name);
  for (const name of names(4999, ".txt")) writeFileSync(join(many, name), "");
  writeFileSync(join(many, "node_modules", "x.txt"), "");
  writeFileSync(join(many, ".git", "x.txt"), "");
  // A ring has no end.
  symlinkSync(many, join(many, "ring"));
  const patterns = [{ pattern: "*.txt", folder: many }, { pattern: "**/m1*.txt", folder: many }];
  const all = await filesMatching({ patterns, written: [] });
  assert.deepEqual([new Set(all.paths).size, all.areMore], [4999, false]);
  assert.ok(!all.paths.some((path) => /node_modules|\.git/.test(path)));
  writeFileSync(join(many, "one_more.txt"), "");
  const some = await filesMatching({ patterns, written: [] });
  assert.deepEqual([some.paths.length, some.areMore], [5000, true]);
  const written = [join(many, "m7.txt")];
  assert.ok(
    !(await filesMatching({ patterns: [{ pattern: "m7.txt", folder: many }], written })).paths.length,
  );
});
