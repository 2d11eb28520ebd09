import assert from "node:assert/strict";
import { test } from "node:test";
import { tsconfig, TYPE_PACKAGES } from "../support/bun_project.ts";
import { timeout } from "../support/limits.ts";
import { onBun, type Outside, ROOT, withOutside } from "../support/outside.ts";
import { installPackage } from "../support/package.ts";
import { publish } from "../support/site.ts";

const onlyDeno = onBun ? "Deno's suite does this" : false;
const onlyBun = onBun ? false : "Bun's suite does this";

/** A program and its test. What its editor would mark is expected to be marked: the types are there, and are no `any`. */
const PROGRAM = `
import { type Connection, type Handler, run, type Server } from "TINE";

export const handler: Handler = {
  options: { suffix: { kind: "string", default: "", help: "What is put behind each line." } },
  hooks: { childInit: (server: Server) => server.log(2, "child " + server.pid) },
  async processRequest(connection: Connection, server) {
    const pid: number = server.pid;
    for await (const line of connection.lines()) await connection.print(line + pid + "\\r\\n");
  },
};
// @ts-expect-error An option that there is not.
export const start = () => run(handler, { port: 20203, maxServer: 8 });
// @ts-expect-error A field that there is not.
export const wrong: Handler = { procesRequest() {} };
`;
const ITS_TEST = `
TEST
import { BindError, ConfigError } from "TINE";
import { handler } from "./own.ts";

test("classes and types serve a test", () => {
  const { exitCode } = new ConfigError("no");
  const { address } = new BindError("no", { address: "*:80" });
  if (exitCode !== 78 || address !== "*:80" || !("processRequest" in handler)) throw new Error("other classes");
});
`;

/** The options of those who let their compiler look at everything. */
const STRICTEST = {
  exactOptionalPropertyTypes: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
};
const LOOSE = { strict: false };

// Deno has no types of node: modules in a project with node_modules, unless @types/node is there.
const TEST = onBun ? 'import { test } from "bun:test";' : "const { test } = Deno;";

function writeProgram(outside: Outside, tine: string): void {
  outside.write("own.ts", PROGRAM.replaceAll("TINE", tine));
  outside.write("own_test.ts", ITS_TEST.replace("TEST", TEST).replaceAll("TINE", tine));
}

type Options = Readonly<Record<string, unknown>>;

/** Checks the program in the folder with each set of options, and tests it, as on Deno. */
async function passesOnDeno(
  outside: Outside,
  options: readonly Options[],
  ...flags: string[]
): Promise<void> {
  for (const compilerOptions of options) {
    outside.write("deno.json", JSON.stringify({ compilerOptions }));
    const check = await outside.run(["deno", "check", "--quiet", ...flags, "own.ts"]);
    assert.equal(check.status, 0, `${JSON.stringify(compilerOptions)}: ${check.stderr}`);
  }
  const tested = await outside.run(["deno", "test", "-A", "own_test.ts"]);
  assert.equal(tested.status, 0, tested.stdout + tested.stderr);
}

test(
  "deno check and deno test pass where mod.ts is imported by its path",
  { timeout, skip: onlyDeno },
  () =>
    withOutside(async (outside) => {
      writeProgram(outside, `${ROOT}/mod.ts`);
      await passesOnDeno(outside, [{ ...STRICTEST, lib: ["esnext", "dom", "deno.ns"] }, LOOSE]);
    }),
);

test(
  "deno check and deno test pass where mod.ts is imported by a file URL",
  { timeout, skip: onlyDeno },
  () =>
    withOutside(async (outside) => {
      writeProgram(outside, `file://${ROOT}/mod.ts`);
      await passesOnDeno(outside, [{}]);
    }),
);

test(
  "deno check and deno test pass where mod.ts is imported by an http URL",
  { timeout, skip: onlyDeno },
  () =>
    withOutside(async (outside) => {
      const site = await publish();
      try {
        writeProgram(outside, `${site.url}/mod.ts`);
        // What is imported by URL is looked into only if asked to.
        await passesOnDeno(outside, [{}], "--all", "--allow-import");
      } finally {
        await site.close();
      }
    }),
);

test(
  "deno check and deno test pass with the installed package",
  { timeout, skip: onlyDeno },
  () =>
    withOutside(async (outside) => {
      installPackage(outside.folder);
      outside.write("package.json", '{"type": "module", "dependencies": {"tine": "*"}}');
      writeProgram(outside, "tine");
      await passesOnDeno(outside, [{}, STRICTEST]);
    }),
);

/** Checks the program in the folder with each set of options, and tests it, as on Bun. */
async function passesOnBun(outside: Outside, options: readonly Options[]): Promise<void> {
  outside.borrow(...TYPE_PACKAGES);
  for (const compilerOptions of options) {
    outside.write("tsconfig.json", tsconfig(compilerOptions));
    const { status, stdout } = await outside.run(["tsc", "-p", ".", "--pretty", "false"]);
    assert.equal(status, 0, `${JSON.stringify(compilerOptions)}: ${stdout}`);
  }
  const tested = await outside.run(["bun", "test", "./own_test.ts"]);
  assert.equal(tested.status, 0, tested.stdout + tested.stderr);
}

test(
  "tsc and bun test pass where mod.ts is imported by its path",
  { timeout, skip: onlyBun },
  () =>
    withOutside(async (outside) => {
      writeProgram(outside, `${ROOT}/mod.ts`);
      await passesOnBun(outside, [{}, STRICTEST, LOOSE, { lib: ["ESNext", "DOM", "DOM.Iterable"] }]);
    }),
);

test(
  "tsc and bun test pass with the installed package",
  { timeout, skip: onlyBun },
  () =>
    withOutside(async (outside) => {
      installPackage(outside.folder);
      outside.write("package.json", '{"type": "module", "dependencies": {"tine": "*"}}');
      writeProgram(outside, "tine");
      // Whoever uses declarations alone may have an older library, and looks into declarations if asked to.
      await passesOnBun(outside, [{}, STRICTEST, { target: "ES2022", lib: ["ES2022"], skipLibCheck: false }]);
    }),
);
