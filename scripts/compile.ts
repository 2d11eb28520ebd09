/**
 * Makes the one executable, of Tine or of a program that imports it.
 *
 * Run: `deno run -A scripts/compile.ts deno|bun [--out FILE] [--entry FILE]`
 *
 * It holds what is imported and no more: no `node_modules` is embedded. For Deno, the base binary (`denort`) is taken from `DENORT_BIN` or from Deno's cache; else Deno fetches it. For Bun,
 * the `bun` that compiles is the base.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { TOML_PARSER } from "../lib/config/toml_parser.ts";
import { EX_SOFTWARE, EX_UNAVAILABLE, EX_USAGE } from "../lib/exit_codes.ts";
import { bundle } from "./bundle.ts";
import { ROOT, toolEnvironment } from "./toolchain.ts";

const USAGE = "Usage: deno run -A scripts/compile.ts deno|bun [--out FILE] [--entry FILE]";

/** Tine's own program. */
const OWN_ENTRY = join(ROOT, "cli.ts");

/** For which runtime, where to, and from what. */
interface Request {
  readonly out: string;
  readonly entry: string;
}

/** A failure that needs no stack trace. */
class CompileError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Where Deno fetches its base binaries from. */
const DOWNLOADS = "https://dl.deno.land/";
/** How long that site may take to answer at all. */
const ANSWER_LIMIT_MS = 5000;
/** How long the new program may take to tell its version. */
const VERSION_LIMIT_MS = 20_000;

/**
 * Where the base binary for Deno is on this machine: given in `DENORT_BIN`, beside `deno`, or in Deno's cache.
 *
 * @returns the place; undefined where Deno would have to fetch it
 * @throws {CompileError} if `DENORT_BIN` names no file
 */
export function findBaseBinary(env: Readonly<Record<string, string>>): string | undefined {
  const given = env["DENORT_BIN"];
  if (given !== undefined) {
    if (existsSync(given)) return given;
    throw new CompileError(
      `Cannot compile for Deno: DENORT_BIN is "${given}", and there is no such file`,
      EX_UNAVAILABLE,
    );
  }
  const ask = (...args: string[]) => execFileSync("deno", args, { env, encoding: "utf8" });
  const beside = join(dirname(ask("eval", "-p", "Deno.execPath()").trim()), "denort");
  if (existsSync(beside)) return beside;
  const [, version, target] = /^deno (\S+) \(.*, (\S+)\)/.exec(ask("--version")) ?? [];
  const { denoDir } = JSON.parse(ask("info", "--json")) as { denoDir: string };
  const cached = join(denoDir, "dl", "release", `v${version}`, `denort-${target}.zip`);
  return existsSync(cached) ? cached : undefined;
}

/**
 * The environment in which Deno finds its base binary, or can fetch it. Without a network, Deno itself would say less
 * clearly what is missing, or wait long for it.
 */
async function withBaseBinary(env: Record<string, string>): Promise<Record<string, string>> {
  const found = findBaseBinary(env);
  if (found !== undefined) return found.endsWith(".zip") ? env : { ...env, DENORT_BIN: found };
  try {
    await fetch(DOWNLOADS, { method: "HEAD", signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    return env;
  } catch {
    throw new CompileError(
      `Cannot compile for Deno: its base binary, denort, is not in Deno's cache and ${DOWNLOADS} cannot be reached; ` +
        "set DENORT_BIN to a local one of the same version, or compile with Bun",
      EX_UNAVAILABLE,
    );
  }
}

/** Runs a compiler with the terminal as its own. */
function run(command: readonly string[], env: Record<string, string>): void {
  const [program = "", ...args] = command;
  const { status, error } = spawnSync(program, args, { cwd: ROOT, env, stdio: "inherit" });
  if (error) throw new CompileError(`Cannot run ${program}: ${error.message}`, EX_UNAVAILABLE);
  if (status !== 0) {
    throw new CompileError(`Cannot compile: ${program} failed with status ${status}`, EX_SOFTWARE);
  }
}

/**
 * What of the TOML parser is embedded: the files of the one that is installed beside Tine or the program, or else its
 * name, by which Deno fetches it.
 */
function parserFiles(entry: string): string[] {
  for (const base of [import.meta.url, pathToFileURL(entry)]) {
    try {
      const main = createRequire(base).resolve("smol-toml");
      return [main, join(main.slice(0, main.lastIndexOf("smol-toml") + "smol-toml".length), "package.json")];
    } catch {
      // It is not installed there.
    }
  }
  return [TOML_PARSER];
}

/** The part of `deno info --json` that is read here. */
interface ModuleGraph {
  readonly modules: readonly {
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

/**
 * An import map by which modules that are imported by an absolute path, or by a name that leads to a file, are found
 * within the executable. Without it a program made by Deno 2.9 looks for them on the disk of where it runs.
 *
 * @param folder Where the map will lie.
 * @returns undefined if all files are imported by relative paths
 */
export function importMapOf(graph: ModuleGraph, folder: string): Record<string, string> | undefined {
  const imports: Record<string, string> = {};
  let isNeeded = false;
  for (const { specifier, code } of graph.modules.flatMap(({ dependencies = [] }) => dependencies)) {
    const target = code?.specifier;
    if (target === undefined || /^\.\.?\//.test(specifier)) continue;
    if (target.startsWith("file:")) {
      imports[specifier] = `./${relative(folder, fileURLToPath(target))}`;
      isNeeded = true;
    } else if (!/^[a-z]+:/.test(specifier)) {
      // It stands in the program's own map, in whose place this one is.
      imports[specifier] = target;
    }
  }
  return isNeeded ? imports : undefined;
}

/** Writes the import map that the program needs beside it. Returns its path, or undefined if it needs none. */
function writeImportMap(entry: string, env: Record<string, string>): string | undefined {
  const json = execFileSync("deno", ["info", "--json", entry], {
    env,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  const imports = importMapOf(JSON.parse(json) as ModuleGraph, dirname(entry));
  if (imports === undefined) return undefined;
  const path = `${entry}.import_map_${process.pid}.json`;
  writeFileSync(path, JSON.stringify({ imports }));
  return path;
}

async function compileWithDeno({ out, entry }: Request, toolEnv: Record<string, string>): Promise<void> {
  // Else Deno embeds all of the node_modules that it finds.
  const env = { ...await withBaseBinary(toolEnv), DENO_NO_PACKAGE_JSON: "1" };
  const map = writeImportMap(entry, env);
  try {
    // All permissions are baked in: a server cannot ask for them at a terminal. Types are checked elsewhere.
    run([
      "deno",
      "compile",
      "--quiet",
      "-A",
      "--no-check",
      ...(map === undefined ? [] : ["--import-map", map]),
      // Deno does not see that it is imported.
      ...parserFiles(entry).flatMap((file) => ["--include", file]),
      "--output",
      out,
      entry,
    ], env);
  } finally {
    if (map !== undefined) rmSync(map);
  }
  // A whole deno is accepted as a base as well, and makes a program that does what deno does.
  const { stdout } = spawnSync(out, ["--version"], { env, encoding: "utf8", timeout: VERSION_LIMIT_MS });
  if (!/^deno \d/.test(stdout ?? "")) return;
  rmSync(out);
  throw new CompileError(
    `Cannot compile for Deno: the base binary "${
      toolEnv["DENORT_BIN"]
    }" is a whole deno; set DENORT_BIN to a denort`,
    EX_UNAVAILABLE,
  );
}

/** Compiles Tine itself from its bundle: fewer files are looked up, and each child reads less. */
async function compileWithBun(request: Request, env: Record<string, string>): Promise<void> {
  if (request.entry !== OWN_ENTRY) return runBun(request, env);
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "dist/compile-"));
  try {
    await bundle("bun", folder);
    runBun({ ...request, entry: join(folder, "cli.js") }, env);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runBun({ out, entry }: Request, env: Record<string, string>): void {
  run([
    "bun",
    "build",
    "--compile",
    // Bytecode saves parsing at each start, and each child is a start. With it the default format is CommonJS, which has
    // no top-level await.
    "--minify",
    "--bytecode",
    "--format=esm",
    // A child loads the parts that it needs and not the parent's: two thirds of the memory, and of the time to start.
    "--splitting",
    // Names of functions and classes appear in logs.
    "--keep-names",
    // A server started in some folder must not take its environment or its settings from what lies there.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    // Deno's form of package names; Tine imports them on Deno only.
    "--external=npm:*",
    `--outfile=${out}`,
    entry,
  ], env);
}

const COMPILERS: Readonly<
  Record<string, { out: string; compile: typeof compileWithBun | typeof compileWithDeno }>
> = {
  deno: { out: "dist/tine", compile: compileWithDeno },
  bun: { out: "dist/tine-bun", compile: compileWithBun },
};

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: { type: "string" }, entry: { type: "string", default: OWN_ENTRY } },
  });
  const [name = "", ...rest] = positionals;
  const compiler = COMPILERS[name];
  if (compiler === undefined || rest.length > 0) throw new CompileError(USAGE, EX_USAGE);
  const request = {
    out: resolve(values.out ?? join(ROOT, compiler.out)),
    entry: resolve(values.entry),
  };
  if (!existsSync(request.entry)) {
    throw new CompileError(`Cannot compile "${request.entry}": there is no such file`, EX_USAGE);
  }
  mkdirSync(dirname(request.out), { recursive: true });
  await compiler.compile(request, toolEnvironment());
  const megabytes = (statSync(request.out).size / 2 ** 20).toFixed(0);
  console.log(`${request.out} (${megabytes} MiB)`);
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof CompileError ? error.exitCode : EX_USAGE;
  }
}
