import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { isAtLeast, permissionRefusal, refusal } from "../../lib/runtime/choose.ts";
import { timeout } from "../support/limits.ts";
import { onBun, type Outside, ROOT, withOutside } from "../support/outside.ts";
import { installPackage } from "../support/package.ts";

/** The version of the Node.js that is on PATH; undefined if there is none. */
const node = (() => {
  try {
    return execFileSync("node", ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
})();
/** Runs a command, which must end with `status` and one line. */
async function refused(
  outside: Outside,
  command: readonly string[],
  status: number,
  line: RegExp,
): Promise<void> {
  const outcome = await outside.run(command);
  assert.match(outcome.stderr, line);
  assert.match(outcome.stderr, /^tine: [^\n]+\n$/, "one line");
  assert.deepEqual({ ...outcome, stderr: "" }, { status, stdout: "", stderr: "" });
}

const PROGRAM = 'import { run } from "TINE";\nrun({}, { port: "127.0.0.1:0" });\n';

const FEW = [
  { flags: [], missing: "ffi, env, read, write, net, run, sys" },
  { flags: ["--allow-ffi", "--allow-env", "--allow-read"], missing: "write, net, run, sys" },
  { flags: ["-A", "--deny-net"], missing: "net" },
];
for (const { flags, missing } of FEW) {
  test(`deno run ${flags.join(" ")}: one line says which permissions are missing`, {
    timeout,
    skip: onBun ? "Bun has no permissions" : false,
  }, () =>
    withOutside(async (outside) => {
      outside.write("own.ts", PROGRAM.replace("TINE", `${ROOT}/mod.ts`));
      const line = new RegExp(
        `^tine: Cannot run without Deno's permissions \\(missing: ${missing}\\): [^\n]+; start it with`,
      );
      for (const program of [[`${ROOT}/cli.ts`, "--version"], ["own.ts"]]) {
        await refused(outside, ["deno", "run", "--no-check", ...flags, ...program], 77, line);
      }
    }));
}

test("an executable needs those permissions that it hands down without flags", () => {
  const build = { os: "linux", arch: "x86_64", standalone: true };
  const having = (...granted: readonly string[]) => ({
    build,
    permissions: {
      querySync: ({ name }: { name: string }) => ({ state: granted.includes(name) ? "granted" : "denied" }),
    },
  });
  assert.equal(permissionRefusal(having("ffi", "env", "read")), undefined);
  assert.match(permissionRefusal(having("ffi")) ?? "", /missing: env, read\): .*; compile it with -A$/);
});

const noNode = node === undefined ? "no Node.js here" : false;

test(
  "Node.js runs neither the package nor its command: one line says what does",
  { timeout, skip: noNode },
  () =>
    withOutside(async (outside) => {
      installPackage(outside.folder);
      outside.write("package.json", '{"type": "module", "dependencies": {"tine": "*"}}');
      outside.write("own.js", PROGRAM.replace("TINE", "tine"));
      const line =
        /^tine: Cannot run on this runtime: Tine needs Deno or Bun; start it with `deno run -A` or `bun`\n$/;
      await refused(outside, ["node", "own.js"], 69, line);
      await refused(outside, ["node", "node_modules/.bin/tine", "--version"], 69, line);
    }),
);

test("Node.js runs neither cli.ts nor a program that imports mod.ts: one line says what does", {
  timeout,
  skip: noNode || (isAtLeast(node ?? "", [22, 18, 0]) ? false : `Node.js ${node} knows no TypeScript`),
}, () =>
  withOutside(async (outside) => {
    outside.write("own.mts", PROGRAM.replace("TINE", `${ROOT}/mod.ts`));
    const line = /^tine: Cannot run on this runtime: Tine needs Deno or Bun; /;
    await refused(outside, ["node", `${ROOT}/cli.ts`, "--version"], 69, line);
    await refused(outside, ["node", "own.mts"], 69, line);
  }));

test("a Deno that is too old says so in one line", {
  timeout,
  skip: onBun ? "Bun's version cannot be changed for a test" : false,
}, () =>
  withOutside(async (outside) => {
    // The version is all that is looked at.
    const older = 'Object.defineProperty(Deno, "version", { value: { deno: "2.6.9" } });';
    outside.write("own.js", `${older}\nawait import("${ROOT}/mod.ts");\n`);
    const line = /^tine: Cannot run on Deno 2\.6\.9: it is older than 2\.7\.11; update Deno\n$/;
    await refused(outside, ["deno", "run", "-A", "own.js"], 69, line);
  }));

test("a system, machine or version that Tine does not know is refused with what it knows", () => {
  const linux = { platform: "linux", arch: "x64" };
  assert.equal(refusal({ ...linux, deno: "2.7.11" }), undefined);
  assert.match(refusal({ ...linux, deno: "2.7.10" }) ?? "", /^Cannot run on Deno 2\.7\.10: .*; update Deno$/);
  assert.match(
    refusal({ ...linux, bun: "1.3.9" }) ?? "",
    /^Cannot run on Bun 1\.3\.9: .*1\.4\.0; update Bun$/,
  );
  assert.equal(refusal({ platform: "darwin", arch: "arm64", bun: "1.4.0" }), undefined);
  assert.match(
    refusal({ ...linux, arch: "ia32", bun: "1.4.0" }) ?? "",
    /^Cannot run on linux on ia32: .*x64 and arm64$/,
  );
  assert.match(
    refusal({ ...linux, platform: "freebsd", deno: "2.9.0" }) ?? "",
    /^Cannot run on freebsd on x64: /,
  );
  assert.match(
    refusal({ ...linux, platform: "win32", bun: "1.4.0" }) ?? "",
    /^Cannot run on Windows: .*; use WSL/,
  );
});
