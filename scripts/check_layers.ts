/**
 * Keeps imports pointing one way, and a child small.
 *
 * Reads what `deno info` knows of the module graph. Type-only imports are free: they load nothing. An import that is
 * made later, by `import()`, counts like any other for the layers, but not for what a child or a URL import loads.
 *
 * Run: `deno run -A scripts/check_layers.ts`
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** The files of `lib/` itself: errors, hooks, signals and other words that all folders speak. */
const VOCABULARY = "vocabulary";

const BASE = [VOCABULARY, "runtime", "os"] as const;
const SERVICES = [...BASE, "config", "log", "scoreboard", "access", "personality", "process"] as const;
const PARTS = [...SERVICES, "listen", "daemon", "serialize", "connection", "tls"] as const;
const HANDLERS = [...PARTS, "handler", "http"] as const;
const LOOPS = [...HANDLERS, "client", "restart", "operate"] as const;
/** A child is handed its configuration, so it needs none of the code that reads one. */
const WITHOUT_CONFIG = (folders: readonly string[]) => folders.filter((folder) => folder !== "config");

/**
 * From which folders of `lib/` a folder may import, in addition to itself. Data flows one way and imports point the
 * other: `child` and `supervise` do not know each other, and pure rules (`config`, `access`, `personality`) know no
 * runtime. `tls` and `operate` are floors that are to come.
 */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  [VOCABULARY]: [],
  runtime: [VOCABULARY],
  os: [VOCABULARY, "runtime"],
  // A rule is refused where its option is read, with its file and line: what a rule is, `access` alone knows.
  config: [VOCABULARY, "personality", "access"],
  access: [VOCABULARY],
  personality: [VOCABULARY],
  scoreboard: BASE,
  // What every process of a server has: its inbox, what signals come to, how hooks are called and failures told.
  process: [...BASE, "log"],
  log: [...BASE, "config"],
  listen: SERVICES,
  serialize: SERVICES,
  connection: SERVICES,
  tls: [...SERVICES, "connection"],
  daemon: [...SERVICES, "listen"],
  handler: PARTS,
  http: [...PARTS, "handler"],
  // One client from its accept to its close, whichever process serves it.
  client: WITHOUT_CONFIG(HANDLERS),
  // Files whose changes reload a server.
  watch: [...BASE, "process"],
  // All of HUP: the dry run, and the program that replaces itself.
  restart: [...PARTS],
  child: WITHOUT_CONFIG(HANDLERS).concat("client"),
  multiplex: WITHOUT_CONFIG(HANDLERS).concat("client"),
  supervise: LOOPS.filter((folder) => folder !== "client"),
  operate: HANDLERS,
  server: [...LOOPS, "child", "multiplex", "supervise", "watch"],
  cli: [...LOOPS, "child", "multiplex", "supervise", "server"],
  // What a program of the user's own calls. It answers the commands of the command line.
  program: [...LOOPS, "child", "multiplex", "supervise", "server", "cli"],
};

/** The one file that imports what only Bun has. */
const BUN_ADAPTER = "lib/runtime/bun.ts";

/** Where a child begins. */
const CHILD_ENTRY = "lib/child/start_child.ts";
/** The most modules that a child may load to serve: each costs time at every start and memory in every child. */
export const MAX_CHILD_MODULES = 38;
/** What no child loads, directly or through others. */
const NOT_IN_A_CHILD: readonly string[] = [
  "lib/supervise/",
  "lib/cli/",
  "lib/config/",
  "lib/http/",
  "lib/restart/",
  "lib/server/",
];

/** One import: who imports what, and how. */
export interface Edge {
  /** Path of the importing file, from the project's root. */
  readonly from: string;
  /** Path of the imported file, or the specifier of what is not the project's (`node:fs`). */
  readonly to: string;
  /** Is it made by `import()`? */
  readonly isDynamic: boolean;
}

/** The part of `deno info --json` that is read here. */
interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string; readonly error?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** The edges that load code. A type-only import has no `code` in the graph. */
export function edgesOf(graph: ModuleGraph, rootUrl: string): Edge[] {
  const shorten = (specifier: string) =>
    specifier.startsWith(rootUrl) ? specifier.slice(rootUrl.length) : specifier;
  return graph.modules.flatMap((module) =>
    (module.dependencies ?? []).flatMap(({ code, specifier, isDynamic }) =>
      code === undefined ? [] : [{
        from: shorten(module.specifier),
        to: shorten(code.specifier ?? specifier),
        isDynamic: isDynamic ?? false,
      }]
    )
  );
}

/** The layer of a file in `lib/`; undefined for any other. */
function layerOf(path: string): string | undefined {
  // A folder within a folder belongs to that.
  const match = /^lib\/(?:([^/]+)\/)?.+$/.exec(path);
  return match ? match[1] ?? VOCABULARY : undefined;
}

/** What is wrong with one import; undefined where it is as it should be. */
export function faultOf({ from, to, isDynamic }: Edge): string | undefined {
  const layer = layerOf(from);
  if (layer === undefined) return undefined;
  const allowed = LAYERS[layer];
  if (allowed === undefined) {
    return `${from}: folder lib/${layer}/ has no row in the table of scripts/check_layers.ts`;
  }
  const target = layerOf(to);
  if (target !== undefined) {
    if (to === BUN_ADAPTER && !isDynamic) {
      return `${from} imports ${to} at once: Deno cannot load it, so use import()`;
    }
    if (target === layer || allowed.includes(target)) return undefined;
    return `${from} imports ${to}: ${layer} may import from ${allowed.join(", ") || "itself only"}`;
  }
  if (to.startsWith("node:") || (from === BUN_ADAPTER && to.startsWith("bun:"))) return undefined;
  // Deno applies no import map to a module loaded by URL, and Bun knows no npm: specifier.
  if (!isDynamic) {
    return `${from} imports ${to}: only files of lib/ and node: modules are imported statically`;
  }
  return to.endsWith(".ts") ? `${from} imports ${to}, which is not in lib/` : undefined;
}

/** Every file that is loaded when this one is, itself included. */
export function loadedWith(entry: string, edges: readonly Edge[]): Set<string> {
  const loaded = new Set([entry]);
  // A Set is walked in the order of insertion, and what is added on the way is walked too.
  for (const path of loaded) {
    for (const edge of edges) {
      if (edge.from === path && !edge.isDynamic && edge.to.startsWith("lib/")) loaded.add(edge.to);
    }
  }
  return loaded;
}

/** What a child loads and should not. */
export function childFaults(edges: readonly Edge[]): string[] {
  const loaded = [...loadedWith(CHILD_ENTRY, edges)];
  const faults = loaded
    .filter((path) => NOT_IN_A_CHILD.some((folder) => path.startsWith(folder)))
    .map((path) => `A child loads ${path}, which only the parent needs`);
  if (loaded.length > MAX_CHILD_MODULES) {
    faults.push(
      `A child loads ${loaded.length} modules; ${MAX_CHILD_MODULES} is the most: ${loaded.join(" ")}`,
    );
  }
  return faults;
}

/** The graph of all files of `lib/` and the two entries, asked for at once through a file that imports them all. */
function readGraph(root: string, files: readonly string[]): ModuleGraph {
  const folder = mkdtempSync(join(tmpdir(), "tine-layers-"));
  try {
    const entry = join(folder, "all.ts");
    writeFileSync(entry, files.map((file) => `import "${pathToFileURL(join(root, file)).href}";\n`).join(""));
    const json = execFileSync("deno", ["info", "--json", "--no-config", entry], {
      encoding: "utf8",
      maxBuffer: 64 << 20,
      // package.json names the tools of development, and deno would look them all up.
      env: { ...process.env, DENO_NO_PACKAGE_JSON: "1" },
    });
    return JSON.parse(json) as ModuleGraph;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname;
  const files = globSync(["{mod,cli}.ts", "lib/**/*.ts"], { cwd: root });
  const edges = edgesOf(readGraph(root, files), pathToFileURL(root).href);
  const faults = edges.map(faultOf).filter((fault) => fault !== undefined);
  if (existsSync(join(root, CHILD_ENTRY))) faults.push(...childFaults(edges));
  for (const fault of faults) console.error(fault);
  const childSize = loadedWith(CHILD_ENTRY, edges).size;
  console.log(
    `${files.length} files, ${edges.length} imports, ${childSize} modules in a child, ${faults.length} faults`,
  );
  if (faults.length > 0) process.exitCode = 1;
}
