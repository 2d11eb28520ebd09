import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { bundle } from "../../scripts/bundle.ts";
import { timeout } from "../support/limits.ts";
import { onBun } from "../support/outside.ts";

const skip = onBun ? "Deno's suite does this" : false;

/** Builds for a runtime, and tells what a file of the build loads: at once, or ever. */
async function withBundle(
  runtime: "deno" | "bun",
  body: (loadedBy: (file: string, when: "at_once" | "ever") => string[], folder: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tine-bundle-"));
  try {
    await bundle(runtime, folder);
    body((file, when) => {
      const loaded = new Set([file]);
      for (const path of loaded) {
        if (/^(node|bun):/.test(path)) continue;
        const text = readFileSync(join(folder, path), "utf8");
        const names = [...text.matchAll(/^(?:import|export)\b[^;]*?"([^"]+)";$/gm)].map(([, name = ""]) =>
          name
        );
        if (when === "ever") {
          names.push(...[...text.matchAll(/import\("([^"]+)"\)/g)].map(([, name = ""]) => name));
        }
        for (const name of names) loaded.add(name.startsWith(".") ? join(dirname(path), name) : name);
      }
      return [...loaded].sort();
    }, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a parent alone has. */
const PARENTS = ["lib/main.js", "lib/server.js", "lib/parent.js"];

test("a child of the build for Deno loads two files beside its own, and none of node's modules", {
  timeout,
  skip,
}, () =>
  withBundle("deno", (loadedBy, folder) => {
    assert.deepEqual(loadedBy("lib/cli/child.js", "at_once"), [
      "lib/child.js",
      "lib/cli/child.js",
      "lib/signal_listeners.js",
    ]);
    // Deno looks through all that its main module may come to load.
    const ever = loadedBy("lib/cli/child.js", "ever");
    assert.ok(ever.includes("lib/admit.js"), ever.join());
    assert.deepEqual(ever.filter((path) => PARENTS.includes(path)), []);
    // The runtime is chosen in the build: nothing waits for it.
    assert.doesNotMatch(
      readFileSync(join(folder, "lib/child.js"), "utf8"),
      /^(const|let|var) runtime = await|bun:ffi/m,
    );
  }));

test(
  "signals are kept before the rest of the build for Bun is loaded",
  { timeout, skip },
  () =>
    withBundle("bun", (loadedBy, folder) => {
      assert.deepEqual(loadedBy("lib/restart/keep_signals.js", "at_once"), [
        "lib/restart/keep_signals.js",
        "lib/signal_listeners.js",
      ]);
      assert.deepEqual(loadedBy("cli.js", "at_once"), ["cli.js"]);
      assert.match(
        readFileSync(join(folder, "lib/parent.js"), "utf8") +
          readFileSync(join(folder, "lib/server.js"), "utf8"),
        /"\.\/keep_signals\.js"/,
      );
      assert.match(readFileSync(join(folder, "lib/child.js"), "utf8"), /from "bun:ffi"/);
    }),
);
