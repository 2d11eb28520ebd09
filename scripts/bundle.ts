/**
 * Puts the modules of the package into a few files: each file that is loaded costs time at every start, and each child
 * is a start. What is loaded together lies together, and what only some need stays in files of its own.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
// By its name alone: Bun, which loads this for its tests, has no stripTypeScriptTypes.
import nodeModule, { createRequire } from "node:module";
import { dirname, join, parse, posix, relative } from "node:path";
import { ROOT, toolEnvironment } from "./toolchain.ts";

/** The files that others name: the library, the command line, its children, and what Bun loads before a reload. */
export const ENTRIES: readonly string[] = [
  "mod.ts",
  "cli.ts",
  "lib/cli/child.ts",
  "lib/restart/keep_signals.ts",
];

/** What a process comes to load, in steps: the modules named here, and all that they import at once. */
interface Step {
  readonly name: string;
  readonly from: readonly string[];
}

/** What keeps signals: it is there before all else. */
const SIGNALS: Step = { name: "signal_listeners", from: ["lib/runtime/signal_listeners.ts"] };

/** A child with the default options: it waits for one of these at once. */
const CHILD: Step = {
  name: "child",
  from: [
    "lib/server/role.ts",
    "lib/child/run_named.ts",
    "lib/child/open_acceptor.ts",
    "lib/client/hot_acceptor.ts",
    "lib/serialize/hot_turns.ts",
    "lib/handler/echo.ts",
  ],
};

/** A parent, in the order in which it finds out what it is to be. Commands need the first alone. */
const PARENT: readonly Step[] = [
  { name: "program", from: ["lib/program/run.ts", "lib/define_handler.ts", "lib/errors.ts"] },
  // A child may come to it, and Deno looks through all that a program may come to.
  { name: "report", from: ["lib/server/report.ts"] },
  { name: "main", from: ["lib/cli/main.ts", "lib/cli/unknown_command.ts"] },
  { name: "server", from: ["lib/cli/serve.ts", "lib/server/run_server.ts"] },
  { name: "parent", from: ["lib/server/children_loop.ts", "lib/serialize/hot_tokens.ts"] },
];

/** The part of Rollup's plugin context that is used here. */
interface ModuleInfo {
  readonly importedIds: readonly string[];
  readonly dynamicallyImportedIds: readonly string[];
}
type GetModuleInfo = (id: string) => ModuleInfo | null;

/** A file that Rollup made. */
interface Output {
  readonly fileName: string;
  readonly code?: string;
}

/** The part of Rollup that is used here. */
interface Rollup {
  rollup(options: Record<string, unknown>): Promise<{
    generate(options: Record<string, unknown>): Promise<{ output: readonly Output[] }>;
    close(): Promise<void>;
  }>;
}

/** Rollup, by its file: Deno does not look names up in node_modules here. @throws if it is not installed */
function findRollup(): Rollup {
  try {
    return createRequire(join(ROOT, "package.json"))("rollup") as Rollup;
  } catch (cause) {
    throw new Error("Cannot find rollup; run `npm ci` first", { cause });
  }
}

/** The modules that are loaded with those of a step; or all that they may come to load. */
function closure(
  { from }: Step,
  getModuleInfo: GetModuleInfo,
  extent: "at_once" | "ever" = "at_once",
): Set<string> {
  const loaded = new Set(from.map((path) => join(ROOT, path)));
  // A Set is walked in the order of insertion, and what is added on the way is walked too.
  for (const id of loaded) {
    const { importedIds = [], dynamicallyImportedIds = [] } = getModuleInfo(id) ?? {};
    for (const imported of [...importedIds, ...(extent === "ever" ? dynamicallyImportedIds : [])]) {
      if (imported.startsWith("/")) loaded.add(imported);
    }
  }
  return loaded;
}

/** Says which file a module belongs to; undefined leaves it to Rollup, as for what few need. */
function chooser(): (id: string, context: { getModuleInfo: GetModuleInfo }) => string | undefined {
  let names: Map<string, string> | undefined;
  return (id, { getModuleInfo }) => {
    names ??= nameModules(getModuleInfo);
    return names.get(id);
  };
}

function nameModules(getModuleInfo: GetModuleInfo): Map<string, string> {
  const names = new Map<string, string>();
  for (const step of [SIGNALS, CHILD]) {
    for (const id of closure(step, getModuleInfo)) if (!names.has(id)) names.set(id, step.name);
  }
  nameLater(names, getModuleInfo);
  for (const step of PARENT) {
    for (const id of closure(step, getModuleInfo)) if (!names.has(id)) names.set(id, step.name);
  }
  for (const entry of ENTRIES) names.delete(join(ROOT, entry));
  return names;
}

/**
 * Names what a child may load later: what is loaded by the same imports lies together, and has none of a parent's beside
 * it. Deno looks through all that a program may come to load.
 */
function nameLater(names: Map<string, string>, getModuleInfo: GetModuleInfo): void {
  const ever = closure(CHILD, getModuleInfo, "ever");
  const starts = new Set([...ever].flatMap((id) => getModuleInfo(id)?.dynamicallyImportedIds ?? []));
  const loadedBy = new Map<string, string[]>();
  for (const start of starts) {
    for (const id of closure({ name: "", from: [relative(ROOT, start)] }, getModuleInfo)) {
      if (!names.has(id)) loadedBy.set(id, [...loadedBy.get(id) ?? [], start]);
    }
  }
  const groups = new Map<string, string>();
  for (const [id, by] of loadedBy) {
    const group = by.sort().join();
    const name = groups.get(group) ?? parse(id).name;
    groups.set(group, name);
    names.set(id, name);
  }
}

/** A place as a module sees it from its own file in `lib/`, said from the file that it has come into. */
function placeOf(moduleId: string, chunkId: string): string | null {
  const own = relative(ROOT, moduleId).replace(/\.ts$/, ".js");
  if (own === chunkId) return null;
  return `new URL("${posix.relative(posix.dirname(chunkId), own)}", import.meta.url).href`;
}

/** The module that chooses a runtime, and where in it the choice begins: what stands before refuses unfit ones. */
const CHOICE = {
  path: join(ROOT, "lib/runtime/choose.ts"),
  begins: "\n/**\n * The runtime that this process runs on.",
};
/** Behind the path of that module: what it does before the choice. */
const BEFORE = "?before";

/** The code of a module of the build for one runtime. */
function codeOf(id: string, runtime: "deno" | "bun"): string {
  const path = id.replace(BEFORE, "");
  const text = nodeModule.stripTypeScriptTypes(readFileSync(path, "utf8"));
  if (path !== CHOICE.path) return text;
  const at = text.indexOf(CHOICE.begins);
  if (at < 0) throw new Error(`Cannot find the choice of a runtime in ${path}`);
  return id === path
    ? `import "./choose.ts${BEFORE}";\nexport { ${runtime} as runtime } from "./${runtime}.ts";\n`
    : text.slice(0, at);
}

/**
 * A text with the names of sources in it as names of what is built of them: `"./lib/x.ts"` as `"./lib/x.js"`.
 *
 * @param path Where the text is from: names are relative to it. A text of another meaning names no source.
 */
export function renameSources(text: string, path: string, isSource: (path: string) => boolean): string {
  return text.replaceAll(/"(\.\.?\/[\w./-]+)\.ts"/g, (whole, name: string) => {
    return isSource(`${join(dirname(path), name)}.ts`) ? `"${name}.js"` : whole;
  });
}

const isSource = (path: string) => existsSync(join(ROOT, path));

/** Rollup's plugin that reads the sources. */
function readerFor(runtime: "deno" | "bun") {
  return {
    name: "tine",
    resolveId(source: string, importer: string | undefined) {
      if (/^(node|bun|npm):/.test(source)) return { id: source, external: true };
      return importer === undefined ? source : join(dirname(importer), source).replace(/\.js$/, ".ts");
    },
    load: (id: string) => renameSources(codeOf(id, runtime), relative(ROOT, id), isSource),
    resolveImportMeta: (
      property: string | null,
      { chunkId, moduleId }: { chunkId: string; moduleId: string },
    ) => property === "url" ? placeOf(moduleId, chunkId) : null,
  };
}

/** Takes out what only readers of the sources need. A line stays a line. */
const WITHOUT_COMMENTS = `
  const transpiler = new Bun.Transpiler({ loader: "js", target: "browser" });
  for (const path of process.argv.slice(1)) {
    const text = await Bun.file(path).text();
    const [first] = text.match(/^#!.*\\n/) ?? [""];
    await Bun.write(path, first + transpiler.transformSync(text.slice(first.length)));
  }`;

function removeComments(paths: readonly string[]): void {
  const { status, stderr, error } = spawnSync("bun", ["-e", WITHOUT_COMMENTS, ...paths], {
    env: toolEnvironment(),
    encoding: "utf8",
  });
  if (error) throw new Error(`Cannot run bun: ${error.message}; run \`npm ci\` first`);
  if (status !== 0) throw new Error(`Cannot take out comments: ${stderr}`);
}

/** Writes the code for one runtime into `folder`. @returns how many files it is */
export async function bundle(runtime: "deno" | "bun", folder: string): Promise<number> {
  const built = await findRollup().rollup({
    input: Object.fromEntries(ENTRIES.map((path) => [path.replace(/\.ts$/, ""), join(ROOT, path)])),
    plugins: [readerFor(runtime)],
    // What a module does when it is loaded is meant.
    treeshake: "safest",
    onwarn: ({ message }: { message: string }) => {
      throw new Error(message);
    },
  });
  try {
    const { output } = await built.generate({
      format: "es",
      entryFileNames: "[name].js",
      // Where `lib/` is, so that a line of a stack is known as Tine's own.
      chunkFileNames: "lib/[name].js",
      manualChunks: chooser(),
    });
    for (const { fileName, code = "" } of output) {
      mkdirSync(join(folder, dirname(fileName)), { recursive: true });
      writeFileSync(join(folder, fileName), code);
    }
    removeComments(output.map(({ fileName }) => join(folder, fileName)));
    return output.length;
  } finally {
    await built.close();
  }
}
