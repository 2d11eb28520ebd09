import assert from "node:assert/strict";
import { test } from "node:test";
import {
  childFaults,
  type Edge,
  edgesOf,
  faultOf,
  LAYERS,
  loadedWith,
  MAX_CHILD_MODULES,
} from "../../scripts/check_layers.ts";

const edge = (from: string, to: string, isDynamic = false): Edge => ({ from, to, isDynamic });

test("faultOf() lets imports follow the flow", () => {
  for (
    const [from, to] of [
      ["lib/os/socket.ts", "lib/errors.ts"],
      ["lib/os/socket.ts", "lib/runtime/choose.ts"],
      ["lib/child/accept.ts", "lib/serialize/serializer.ts"],
      ["lib/child/accept.ts", "lib/child/admit.ts"],
      ["lib/cli/main.ts", "lib/server/server.ts"],
      ["lib/config/config.ts", "node:fs"],
      ["lib/runtime/bun.ts", "bun:ffi"],
      ["cli.ts", "lib/cli/main.ts"],
      ["scripts/ok.ts", "scripts/steps.ts"],
    ] as const
  ) assert.equal(faultOf(edge(from, to)), undefined, `${from} -> ${to}`);
});

test("faultOf() refuses imports against the flow", () => {
  for (
    const [from, to] of [
      ["lib/errors.ts", "lib/os/errno.ts"],
      ["lib/os/socket.ts", "lib/config/config.ts"],
      ["lib/config/config.ts", "lib/runtime/choose.ts"],
      ["lib/access/rules.ts", "lib/os/socket.ts"],
      ["lib/child/child.ts", "lib/supervise/spawn.ts"],
      ["lib/child/child.ts", "lib/config/toml_file.ts"],
      ["lib/supervise/parent.ts", "lib/child/child.ts"],
      ["lib/handler/echo.ts", "lib/child/handle.ts"],
      ["lib/os/lock.ts", "scripts/ok.ts"],
      ["lib/os/lock.ts", "npm:smol-toml@1.9.1"],
      ["lib/os/lock.ts", "bun:ffi"],
      ["lib/runtime/choose.ts", "lib/runtime/bun.ts"],
      ["lib/new_folder/lock.ts", "lib/errors.ts"],
    ] as const
  ) assert.notEqual(faultOf(edge(from, to)), undefined, `${from} -> ${to}`);
});

test("faultOf() lets a package be imported later, and holds later imports of files to the layers", () => {
  assert.equal(faultOf(edge("lib/config/toml_file.ts", "npm:smol-toml@1.9.1", true)), undefined);
  assert.notEqual(faultOf(edge("lib/child/child.ts", "lib/cli/main.ts", true)), undefined);
});

test("LAYERS has no circle", () => {
  const path: string[] = [];
  const visit = (folder: string) => {
    assert.ok(!path.includes(folder), `${[...path, folder].join(" -> ")}`);
    path.push(folder);
    for (const target of LAYERS[folder] ?? []) visit(target);
    path.pop();
  };
  for (const folder of Object.keys(LAYERS)) visit(folder);
});

test("edgesOf() leaves out what is imported for its types", () => {
  const graph = {
    modules: [{
      specifier: "file:///p/lib/a.ts",
      dependencies: [
        { specifier: "./b.ts", type: { specifier: "file:///p/lib/b.ts" } },
        { specifier: "./c.ts", code: { specifier: "file:///p/lib/c.ts" } },
        { specifier: "./d.ts", code: { specifier: "file:///p/lib/d.ts" }, isDynamic: true },
      ],
    }],
  };
  assert.deepEqual(edgesOf(graph, "file:///p/"), [
    edge("lib/a.ts", "lib/c.ts"),
    edge("lib/a.ts", "lib/d.ts", true),
  ]);
});

test("loadedWith() follows static imports through other files, circles included", () => {
  const edges = [
    edge("lib/a.ts", "lib/b.ts"),
    edge("lib/b.ts", "lib/a.ts"),
    edge("lib/b.ts", "lib/c.ts", true),
    edge("lib/b.ts", "node:fs"),
  ];
  assert.deepEqual([...loadedWith("lib/a.ts", edges)], ["lib/a.ts", "lib/b.ts"]);
});

test("childFaults() names what a child should not load, and counts", () => {
  const child = "lib/child/start_child.ts";
  const many = Array.from(
    { length: MAX_CHILD_MODULES - 1 },
    (_, index) => edge(child, `lib/os/f${index}.ts`),
  );
  assert.deepEqual(childFaults(many), []);
  assert.equal(childFaults([...many, edge(child, "lib/errors.ts")]).length, 1);
  assert.match(
    childFaults([edge(child, "lib/handler/a.ts"), edge("lib/handler/a.ts", "lib/config/config.ts")])[0] ?? "",
    /loads lib\/config\/config\.ts/,
  );
});
