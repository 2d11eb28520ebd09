import assert from "node:assert/strict";
import { test } from "node:test";
import { TineError } from "../../lib/errors.ts";
import { EX_CONFIG } from "../../lib/exit_codes.ts";
import { handlerFault, toHandler } from "../../lib/handler/load.ts";
import { HOOK_NAMES } from "../../lib/hooks.ts";

const nothing = () => {};

test("a function and an object with the known fields are handlers", () => {
  const good = [nothing, {}, { processRequest: nothing }, { hooks: {} }, { options: {}, defaults: {} }];
  for (const value of good) assert.equal(handlerFault(value), undefined);
  const hooks = Object.fromEntries(HOOK_NAMES.map((name) => [name, nothing]));
  assert.equal(handlerFault({ hooks }), undefined);
  assert.deepEqual(toHandler(nothing, "x.ts"), { processRequest: nothing });
  const handler = { hooks };
  assert.equal(toHandler(handler, "x.ts"), handler);
});

const FAULTS: readonly [unknown, RegExp][] = [
  [undefined, /^its default export is missing; export a function, or an object/],
  [1, /^its default export is a number; /],
  ["x", /^its default export is a string; /],
  [{ procesRequest: nothing }, /^it has no field "procesRequest"; its fields are processRequest, hooks/],
  [{ childInit: nothing }, /^it has no field "childInit"; write hooks: \{ childInit \}$/],
  [{ processRequest: 1 }, /^its processRequest is a number, not a function$/],
  [{ hooks: { childInt: nothing } }, /^there is no hook "childInt"; the hooks are configure, /],
  [{ hooks: { childInit: "x" } }, /^its hook childInit is a string, not a function$/],
];

for (const [value, fault] of FAULTS) {
  test(`a handler is refused because ${fault.source.slice(1, 45)}…`, () => {
    assert.match(handlerFault(value) ?? "", fault);
    assert.throws(
      () => toHandler(value, "x.ts"),
      (error) => {
        assert.ok(error instanceof TineError);
        assert.equal(error.exitCode, EX_CONFIG);
        assert.equal(error.message, `Cannot use handler x.ts: ${handlerFault(value)}`);
        return true;
      },
    );
  });
}
