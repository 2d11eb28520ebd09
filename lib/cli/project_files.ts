/**
 * The files of a new project, as `tine init` writes them: formatted as `deno fmt` does by default. Pure.
 *
 * @module
 */

import { schemaLine } from "./schema.ts";

/** What kinds of project there are. */
export const PROJECT_KINDS = ["tcp", "http", "exec"] as const;

/** What a project serves by: a handler of its own, or a program for each connection. */
export type ProjectKind = (typeof PROJECT_KINDS)[number];

/** What the files depend on. */
export interface ProjectOptions {
  readonly kind: ProjectKind;
  /** The path of `mod.ts`; undefined where the project finds the package `tine` by itself. */
  readonly library: string | undefined;
  /** Whether it can import Tine, which its test needs. */
  readonly hasLibrary: boolean;
  /** The path of the schema of `tine.toml`; undefined where there is none. */
  readonly schema: string | undefined;
}

const HANDLER = `import type { Connection } from "tine";

/** Says each line back in capitals, until the client says quit. */
export default async function serveClient(connection: Connection) {
  for await (const line of connection.lines({ maxLength: 1000 })) {
    if (line === "quit") return;
    await connection.print(\`\${line.toUpperCase()}\\r\\n\`);
  }
}
`;

const APPLICATION = `import type { FetchInfo } from "tine";

/** Says hello, and back what it is sent. */
export default {
  async fetch(request: Request, info: FetchInfo): Promise<Response> {
    if (request.method === "POST") return new Response(await request.text());
    return new Response(\`Hello from process \${info.server.pid}\\n\`);
  },
};
`;

/** The handler of each kind that has one. */
const HANDLERS: Readonly<Partial<Record<ProjectKind, string>>> = { tcp: HANDLER, http: APPLICATION };

/** Starts the server of a project that has a handler. */
const START_HANDLER = `  await using server = await serve(new URL("./server.ts", import.meta.url), {
    port: "127.0.0.1:0",
    maxServers: 1,
    logLevel: 1,
  });`;

/** How a test of each kind starts the server. */
const STARTS: Readonly<Record<ProjectKind, string>> = {
  tcp: START_HANDLER,
  http: START_HANDLER,
  exec: `  await using server = await serve(undefined, {
    confFile: fileURLToPath(new URL("./tine.toml", import.meta.url)),
    pidFile: fileURLToPath(new URL("./test.pid", import.meta.url)),
    port: "127.0.0.1:0",
    maxServers: 1,
    logLevel: 1,
  });`,
};

const HTTP_TEST = `import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "tine";

test("a client gets its answer", async () => {
${START_HANDLER}
  const url = \`http://127.0.0.1:\${server.addresses[0]!.port}/\`;
  assert.match(await (await fetch(url)).text(), /^Hello from process/);
  const echo = await fetch(url, { method: "POST", body: "hello" });
  assert.equal(await echo.text(), "hello");
});
`;

const test = (kind: ProjectKind) => kind === "http" ? HTTP_TEST : lineTest(kind);

const lineTest = (kind: ProjectKind) =>
  `import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
${kind === "exec" ? 'import { fileURLToPath } from "node:url";\n' : ""}import { serve } from "tine";

test("a client gets its answer", async () => {
${STARTS[kind]}
  const client = connect(server.addresses[0]!.port, "127.0.0.1");
  client.end("hello\\r\\n");
  assert.equal(await text(client), "${kind === "tcp" ? "HELLO" : "hello"}\\r\\n");
});
`;

/** Where a project of each kind listens. */
export function addressOf(kind: ProjectKind): string {
  return kind === "http" ? "127.0.0.1:8080" : "127.0.0.1:20203";
}

function configuration({ kind, schema }: ProjectOptions): string {
  return [
    ...(schema === undefined ? [] : [schemaLine(schema)]),
    "# All options: tine help options. Which are set, and what they come to: tine check tine.toml",
    kind === "exec" ? 'exec = ["/bin/cat"]' : 'handler = "./server.ts"',
    `port = "${addressOf(kind)}"`,
    ...(kind === "http" ? ["# max_servers = 8"] : ["max_servers = 8"]),
    "# The commands (tine status, reload, stop) find the server by it.",
    'pid_file = "tine.pid"',
    "# In the background (tine start) the log is lost without a file.",
    '# log_file = "tine.log"',
    '# user = "nobody"',
    "",
  ].join("\n");
}

/** How to test a project. In one with node_modules, Deno checks types only if @types/node is there. */
function testing({ library, hasLibrary }: ProjectOptions): string[] {
  if (!hasLibrary) return [];
  if (library !== undefined) return ["- Test it: `deno test -A` or `bun test`."];
  return [
    "- Test it, once this project has the package `tine`: `deno test -A --no-check`",
    "  or `bun test`.",
  ];
}

const readme = (options: ProjectOptions) =>
  [
    "# A server",
    "",
    options.kind === "exec"
      ? "- Start it: `tine -c tine.toml`. Stop it: Ctrl-C."
      : "- Start it: `tine -c tine.toml --watch` (a save reloads it). Stop: Ctrl-C.",
    options.kind === "http"
      ? "- Talk to it: `curl http://127.0.0.1:8080/`."
      : "- Talk to it: `nc 127.0.0.1 20203`.",
    ...(options.kind !== "exec"
      ? ["- `server.ts` imports types alone: it runs with nothing installed."]
      : []),
    ...testing(options),
    "- After a change: `tine reload -c tine.toml`. No client is lost.",
    "",
  ].join("\n");

/** Where a project that does not have the package `tine` finds it: Deno looks into the one file, Bun into the other. */
function mapping(library: string): Record<string, string> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return {
    "deno.json": json({ imports: { tine: library } }),
    "tsconfig.json": `{
  "compilerOptions": {
    "module": "Preserve",
    "moduleResolution": "bundler",
    "allowImportingTsExtensions": true,
    "noEmit": true,
    "strict": true,
    "paths": { "tine": [${JSON.stringify(library)}] }
  }
}
`,
  };
}

/** The texts by the names of their files. */
export function projectFiles(options: ProjectOptions): Readonly<Record<string, string>> {
  const { kind, library, hasLibrary } = options;
  return {
    ...(HANDLERS[kind] === undefined ? {} : { "server.ts": HANDLERS[kind] }),
    "tine.toml": configuration(options),
    ...(hasLibrary ? { "server_test.ts": test(kind) } : {}),
    ...(library === undefined ? {} : mapping(library)),
    "README.md": readme(options),
    ".gitignore": "*.pid\n*.log\n",
  };
}
