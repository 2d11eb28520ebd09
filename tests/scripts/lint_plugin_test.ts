import assert from "node:assert/strict";
import { test } from "node:test";
import { CASES } from "./lint_cases.ts";

/** `deno lint` runs plugins; Bun has no such thing. */
const skip = process.versions["bun"] === undefined ? false : "deno lint and its plugins exist on Deno only";

async function idsFor(file: string, source: string): Promise<string[]> {
  const { default: plugin } = await import("../../scripts/lint_plugin.ts");
  return Deno.lint.runPlugin(plugin, file, source).map(({ id }) => id.replace("tine/", ""));
}

for (const [rule, { flags, passes }] of Object.entries(CASES)) {
  test(`${rule} flags`, { skip }, async (t) => {
    for (const [file, source] of flags) {
      await t.test(`${file}: ${source.slice(0, 80)}`, async () =>
        assert.deepEqual(await idsFor(file, source), [rule]));
    }
  });
  test(`${rule} lets pass`, { skip }, async (t) => {
    for (const [file, source] of passes) {
      await t.test(`${file}: ${source.slice(0, 80)}`, async () =>
        assert.deepEqual(await idsFor(file, source), []));
    }
  });
}

test("every rule of the plugin has cases", { skip }, async () => {
  const { default: plugin } = await import("../../scripts/lint_plugin.ts");
  assert.deepEqual(Object.keys(CASES).toSorted(), Object.keys(plugin.rules).toSorted());
});
