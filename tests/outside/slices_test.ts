import assert from "node:assert/strict";
import { test } from "node:test";
import { tsconfig, TYPE_PACKAGES } from "../support/bun_project.ts";
import { timeout } from "../support/limits.ts";
import { onBun, ROOT, withOutside } from "../support/outside.ts";

test("what lib/runtime/ says of Deno's namespace agrees with Deno's own declarations", {
  timeout,
  skip: onBun ? "Deno's suite does this" : false,
}, async () => {
  await withOutside(async (outside) => {
    outside.write(
      "slice.ts",
      `import type { DenoSlice } from "${ROOT}/lib/runtime/deno_slice.ts";
export const slice: DenoSlice = Deno;
// @ts-expect-error Deno is more than an empty object: the slice says something.
export const nothing: DenoSlice = {};
`,
    );
    const { status, stderr } = await outside.run(["deno", "check", "--quiet", "slice.ts"]);
    assert.equal(status, 0, stderr);
  });
});

test("what lib/runtime/ says of Bun's globals agrees with bun-types", {
  timeout,
  skip: onBun ? false : "Bun's suite does this",
}, async () => {
  await withOutside(async (outside) => {
    outside.borrow(...TYPE_PACKAGES);
    outside.write(
      "slice.ts",
      `import type { BunGlobals } from "${ROOT}/lib/runtime/bun_slice.ts";
export const slice: BunGlobals = { Bun, Worker };
// @ts-expect-error They are more than empty objects: the slice says something.
export const nothing: BunGlobals = { Bun: {}, Worker };
`,
    );
    outside.write("tsconfig.json", tsconfig());
    const { status, stdout } = await outside.run(["tsc", "-p", ".", "--pretty", "false"]);
    assert.equal(status, 0, stdout);
  });
});
