import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, onBun, withServer } from "../support/server.ts";
import { ROOT } from "../support/outside.ts";

/** A program that a page or a docstring shows, which does not end by itself: `deno test --doc` leaves it out. */
interface Shown {
  /** Where, as `README.md:97`. */
  readonly place: string;
  readonly code: string;
}

const MOD = new URL("../../mod.ts", import.meta.url).href;

/** The programs of a file. In a docstring, each line begins with a star. */
function shownIn(path: string): Shown[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  return [...text.matchAll(/^( \* )?```ts ignore\n([^]*?)^(?: \* )?```$/gm)].map((
    { 1: star, 2: code = "", index },
  ) => ({
    place: `${path}:${text.slice(0, index).split("\n").length}`,
    code: star === undefined ? code : code.replaceAll(/^ \* ?/gm, ""),
  }));
}

const shown = globSync(["README.md", "docs/*.md", "mod.ts", "lib/**/*.ts"], { cwd: ROOT }).toSorted().flatMap(
  shownIn,
);

/** The program with what a page leaves out, and Tine by its path here. */
function whole({ code }: Shown): string {
  const named = code.replaceAll(/from "(?:tine|\.\/mod\.ts)"/g, `from "${MOD}"`);
  const imports = named.includes("import ") ? "" : `import { run } from "${MOD}";\n`;
  const handler = code.includes("run(handler,") ? `const handler: import("${MOD}").Handler = {};\n` : "";
  return imports + handler + named;
}

test("the programs that pages and docstrings show are found", { timeout }, () => {
  assert.ok(shown.length >= 10, shown.map(({ place }) => place).join(" "));
});

const noCheck = onBun ? "Deno checks types here" : false;
test("every program that a page or a docstring shows has right types", { timeout, skip: noCheck }, () => {
  const folder = mkdtempSync(join(tmpdir(), "shown-"));
  try {
    const files = shown.map((one, i) => {
      const path = join(folder, `shown_${i}.ts`);
      writeFileSync(path, `// ${one.place}\n${whole(one)}`);
      return path;
    });
    const { status, stderr } = spawnSync(process.execPath, ["check", "--quiet", "--no-config", ...files], {
      encoding: "utf8",
      env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" },
    });
    assert.equal(status, 0, stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

for (const one of shown.filter(({ code }) => code.includes("import { run }"))) {
  test(`the program of ${one.place} serves`, { timeout }, async () => {
    const options = { program: ["own.ts"], files: { "own.ts": whole(one) } };
    await withServer(["--max_servers", "2"], options, async (server) => {
      const client = new Client(server.port);
      if (one.code.includes(".lines()")) client.say("hello");
      if (one.code.includes("fetch:")) client.say("GET / HTTP/1.0\r\n");
      const answer = /^HELLO$|^Hello from child \d+$|^127\.0\.0\.1 said hello$|^HTTP\/1\.1 200 OK$/;
      assert.match(await client.line(), answer);
      client.end();
      await client.rest();
    });
  });
}
