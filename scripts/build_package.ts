/**
 * Builds what an installed package holds: JavaScript, since Deno runs no TypeScript from `node_modules`, in few files for
 * each runtime (`scripts/bundle.ts`), and declarations, so that a program is checked against what Tine offers and not
 * with how it is made.
 *
 * Run: `deno run -A scripts/build_package.ts` (`npm pack` and `npm ci` do)
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { bundle, renameSources } from "./bundle.ts";
import { ROOT, toolEnvironment } from "./toolchain.ts";

/** What package.json names as the way in. */
const OUT = join(ROOT, "dist/js");

/** The sources, by their paths from the project's root. */
function sources(): string[] {
  return ["mod.ts", "cli.ts", ...globSync("lib/**/*.ts", { cwd: ROOT })];
}

/** Whether everything is built from the sources as they are. */
function isUpToDate(paths: readonly string[]): boolean {
  const [built] = globSync("mod.d.ts", { cwd: OUT });
  if (built === undefined) return false;
  const time = statSync(join(OUT, built)).mtimeMs;
  // A folder has changed when a source has gone from it.
  const folders = new Set(paths.map(dirname));
  const scripts = ["scripts/build_package.ts", "scripts/bundle.ts"];
  return [...paths, ...folders, ...scripts].every((path) =>
    path === "." || statSync(join(ROOT, path)).mtimeMs < time
  );
}

/** Writes the declarations of what `mod.ts` exports into `folder`. @throws if tsc refuses */
function writeDeclarations(folder: string, isSource: (path: string) => boolean): void {
  const all = mkdtempSync(join(ROOT, "dist/declarations-"));
  try {
    const config = join(all, "tsconfig.json");
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: ROOT,
      outDir: all,
      paths: {},
    };
    const extend = { extends: join(ROOT, "tsconfig.json"), compilerOptions, files: [join(ROOT, "mod.ts")] };
    writeFileSync(config, JSON.stringify({ ...extend, include: [] }));
    const { status, stdout, error } = spawnSync("tsc", ["-p", config, "--pretty", "false"], {
      env: toolEnvironment(),
      encoding: "utf8",
    });
    if (error) throw new Error(`Cannot run tsc: ${error.message}; run \`npm ci\` first`);
    if (status !== 0) throw new Error(`Cannot declare what mod.ts exports: ${stdout}`);
    // A Set is walked in the order of insertion, and what is added on the way is walked too.
    const needed = new Set(["mod.ts"]);
    for (const path of needed) {
      const text = readFileSync(join(all, path.replace(/\.ts$/, ".d.ts")), "utf8");
      const renamed = renameSources(text, path, (source) => {
        if (isSource(source)) needed.add(source);
        return isSource(source);
      });
      const target = join(folder, path.replace(/\.ts$/, ".d.ts"));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, renamed);
    }
  } finally {
    rmSync(all, { recursive: true });
  }
}

/** Builds the package's files, unless they are up to date. */
async function build(): Promise<void> {
  const paths = sources();
  if (isUpToDate(paths)) return;
  const known = new Set(paths);
  const isSource = (path: string) => known.has(path);
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const fresh = mkdtempSync(join(ROOT, "dist/js-"));
  let files = 0;
  try {
    for (const runtime of ["deno", "bun"] as const) files += await bundle(runtime, join(fresh, runtime));
    // Last, since its time says when all was built.
    writeDeclarations(fresh, isSource);
    rmSync(OUT, { recursive: true, force: true });
    chmodSync(fresh, 0o755);
    renameSync(fresh, OUT);
  } finally {
    if (existsSync(fresh)) rmSync(fresh, { recursive: true });
  }
  console.log(`${OUT}: ${paths.length} modules in ${files} files, for two runtimes`);
}

if (import.meta.main) {
  try {
    await build();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
