import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { onBun, type Outside, ROOT, withOutside } from "../support/outside.ts";
import { installPackage } from "../support/package.ts";
import { publish } from "../support/site.ts";

const runtime = onBun ? [process.execPath] : [process.execPath, "run", "-A"];

/** A machine on which nothing was ever downloaded, and nothing can be. */
const offline = (outside: Outside) => ({
  DENO_DIR: join(outside.folder, "deno_dir"),
  BUN_INSTALL_CACHE_DIR: join(outside.folder, "bun_cache"),
  NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/",
});

/** Read, and refused: so it is known that the file was understood. */
const MISTAKE = "max_servers = 0\n";
const UNDERSTOOD = /^tine: \S*app\/x\.toml:1:15: Cannot set max_servers to "0": [^\n]+\n$/;
const NO_PARSER = /^tine: Cannot read a TOML file: its parser, [^\n]+; run `npm install smol-toml` [^\n]+\n$/;

/** A program in `app/` that reads a TOML file, and imports Tine from `tine`. */
function writeProgram(outside: Outside, tine: string): string[] {
  outside.write("app/x.toml", MISTAKE);
  outside.write(
    "app/own.ts",
    `import { run } from "${tine}";\nrun({}, { confFile: "FOLDER/app/x.toml" });\n`,
  );
  return [...runtime, join(outside.folder, "app/own.ts")];
}

/** A copy of Tine's own files, with nothing installed beside it. */
function copyTine(outside: Outside): string {
  const folder = join(outside.folder, "tine");
  mkdirSync(folder);
  for (const name of ["mod.ts", "cli.ts", "lib", "package.json", "deno.json"]) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  return folder;
}

function installParser(outside: Outside, folder: string): void {
  cpSync(join(ROOT, "node_modules/smol-toml"), join(outside.folder, folder, "node_modules/smol-toml"), {
    recursive: true,
  });
}

test("the parser beside Tine reads a TOML file, offline", { timeout }, () =>
  withOutside(async (outside) => {
    const command = writeProgram(outside, join(copyTine(outside), "mod.ts"));
    installParser(outside, "tine");
    const { status, stderr } = await outside.run(command, offline(outside));
    assert.match(stderr, UNDERSTOOD);
    assert.equal(status, 78);
    const check = [...runtime, join(outside.folder, "tine/cli.ts"), "check", "app/x.toml"];
    assert.match((await outside.run(check, offline(outside))).stderr, UNDERSTOOD);
  }));

test(
  "the parser beside the program reads a TOML file, offline",
  { timeout },
  () =>
    withOutside(async (outside) => {
      const command = writeProgram(outside, join(copyTine(outside), "mod.ts"));
      installParser(outside, "app");
      const { status, stderr } = await outside.run(command, offline(outside));
      assert.match(stderr, UNDERSTOOD);
      assert.equal(status, 78);
    }),
);

test("the parser beside the program serves a Tine from a URL too", {
  timeout,
  skip: onBun ? "Bun imports no modules from URLs" : false,
}, () =>
  withOutside(async (outside) => {
    const site = await publish();
    try {
      const command = writeProgram(outside, `${site.url}/mod.ts`);
      installParser(outside, "app");
      const { status, stderr } = await outside.run(command, offline(outside));
      assert.match(stderr.replaceAll(/^Download .*\n/gm, ""), UNDERSTOOD);
      assert.equal(status, 78);
    } finally {
      await site.close();
    }
  }));

test("an installed package reads a TOML file, offline", { timeout }, () =>
  withOutside(async (outside) => {
    installPackage(outside.folder);
    outside.write("package.json", '{"type": "module", "dependencies": {"tine": "*"}}');
    outside.write("app/x.toml", MISTAKE);
    const command = ["node_modules/.bin/tine", "check", join(outside.folder, "app/x.toml")];
    const env = { ...offline(outside), TINE_RUNTIME: onBun ? "bun" : "deno" };
    const { status, stderr } = await outside.run(command, env);
    assert.match(stderr, UNDERSTOOD);
    assert.equal(status, 78);
  }));

test(
  "without the parser, and with one that is too old, one line says what to do",
  { timeout },
  () =>
    withOutside(async (outside) => {
      const command = writeProgram(outside, join(copyTine(outside), "mod.ts"));
      for (const _ of ["none", "an old one"]) {
        const { status, stderr } = await outside.run(command, offline(outside));
        assert.match(stderr.replaceAll(/^Download .*\n/gm, ""), NO_PARSER);
        assert.equal(status, 78);
        outside.write("app/node_modules/smol-toml/package.json", '{"main": "index.js"}');
        outside.write("app/node_modules/smol-toml/index.js", "exports.parse = () => ({ x: 1 });");
      }
    }),
);
