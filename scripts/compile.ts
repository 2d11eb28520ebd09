/**
 * Makes the one executable.
 *
 * Run: `deno run -A scripts/compile.ts deno|bun [--out FILE] [--entry FILE]`
 *
 * For Deno, the base binary (`denort`) is taken from `DENORT_BIN` or from Deno's cache; else Deno fetches it. For Bun,
 * the `bun` that compiles is the base.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { TOML_PARSER } from "../lib/config/toml_parser.ts";
import { EX_SOFTWARE, EX_UNAVAILABLE, EX_USAGE } from "../lib/exit_codes.ts";
import { ROOT, toolEnvironment } from "./toolchain.ts";

const USAGE = "Usage: deno run -A scripts/compile.ts deno|bun [--out FILE] [--entry FILE]";

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

async function compileWithDeno({ out, entry }: Request, toolEnv: Record<string, string>): Promise<void> {
  const env = await withBaseBinary(toolEnv);
  // All permissions are baked in: a server cannot ask for them at a terminal. Types are checked elsewhere. Nothing is
  // embedded but what is imported: package.json, which names the tools of development too, is not looked at, and the
  // one package of npm's, whose import Deno does not see, is named.
  run(
    ["deno", "compile", "--quiet", "-A", "--no-check", "--include", TOML_PARSER, "--output", out, entry],
    env,
  );
  // A whole deno is accepted as a base as well, and makes a program that does what deno does.
  const { stdout } = spawnSync(out, ["--version"], { env, encoding: "utf8", timeout: VERSION_LIMIT_MS });
  if (!/^deno \d/.test(stdout ?? "")) return;
  rmSync(out);
  throw new CompileError(
    `Cannot compile for Deno: the base binary "${
      env["DENORT_BIN"]
    }" is a whole deno; set DENORT_BIN to a denort`,
    EX_UNAVAILABLE,
  );
}

function compileWithBun({ out, entry }: Request, env: Record<string, string>): void {
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
    options: { out: { type: "string" }, entry: { type: "string", default: "cli.ts" } },
  });
  const [name = "", ...rest] = positionals;
  const compiler = COMPILERS[name];
  if (compiler === undefined || rest.length > 0) throw new CompileError(USAGE, EX_USAGE);
  const request = {
    out: resolve(values.out ?? join(ROOT, compiler.out)),
    entry: resolve(ROOT, values.entry),
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
