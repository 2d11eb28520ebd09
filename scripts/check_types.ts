/**
 * Checks types as Bun sees them, with `bun-types`.
 *
 * The lint plugin names `Deno`, so Deno's own declarations are written to `dist/deno.d.ts` first, which `tsconfig.json`
 * includes. That nothing else names `Deno` is for the lint rule `runtime-globals` to say; that Tine itself needs no
 * such declarations, for `tests/outside/type_check_test.ts`.
 *
 * Run: `deno run -A scripts/check_types.ts`
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT, toolEnvironment } from "./toolchain.ts";

if (import.meta.main) {
  const env = toolEnvironment();
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const declarations = execFileSync("deno", ["types"], { env, encoding: "utf8", maxBuffer: 64 << 20 });
  writeFileSync(join(ROOT, "dist/deno.d.ts"), declarations);
  const { status, error } = spawnSync("tsc", ["-p", "tsconfig.json", "--pretty", "false"], {
    cwd: ROOT,
    env,
    stdio: "inherit",
  });
  if (error) console.error(`Cannot run tsc: ${error.message}; run \`npm ci\` first`);
  process.exitCode = status ?? 1;
}
