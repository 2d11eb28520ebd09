import assert from "node:assert/strict";
import { test } from "node:test";
import { TineError } from "../../lib/errors.ts";
import { EX_CONFIG } from "../../lib/exit_codes.ts";
import { handlerFault, toHandler } from "../../lib/handler/check.ts";
import { HOOK_NAMES } from "../../lib/hooks.ts";

const nothing = () => {};

class Own {
  processRequest(): void {}
}

test("an application with fetch may have fields and methods of its own, and keeps what it is", () => {
  class Application {
    text = "own";
    options(): void {}
    hooks(): void {}
    error(): void {}
    fetch(): string {
      return this.text;
    }
  }
  const application = new Application();
  assert.equal(handlerFault(application), undefined);
  const handler = toHandler(application, "x.ts");
  assert.deepEqual(Object.keys(handler), ["fetch"]);
  assert.equal((handler.fetch as unknown as () => string)(), "own");
  // itty-router's is a proxy that has every method that is asked for.
  const router = new Proxy({ fetch: nothing }, {
    get: (target, name) => Reflect.get(target, name) ?? nothing,
  });
  assert.deepEqual(Object.keys(toHandler(router, "x.ts")), ["fetch"]);
  const plain = { fetch: nothing, error: nothing, hooks: { childInit: nothing }, port: 3000 };
  assert.deepEqual(Object.keys(toHandler(plain, "x.ts")), ["hooks", "error", "fetch"]);
});

test("a function and an object with the known fields are handlers", () => {
  const good = [
    nothing,
    {},
    { processRequest: nothing },
    { processRequest: undefined },
    { hooks: {} },
    { hooks: { childInit: undefined } },
    { options: {}, defaults: {} },
    new Own(),
    Object.create(null),
  ];
  for (const value of good) assert.equal(handlerFault(value), undefined);
  const hooks = Object.fromEntries(HOOK_NAMES.map((name) => [name, nothing]));
  assert.equal(handlerFault({ hooks }), undefined);
  assert.deepEqual(toHandler(nothing, "x.ts"), { processRequest: nothing });
  const handler = { hooks };
  assert.equal(toHandler(handler, "x.ts"), handler);
});

const FAULTS: readonly [unknown, RegExp][] = [
  [undefined, /^it is undefined; give a function, or an object with processRequest or fetch, and hooks$/],
  [null, /^it is null; give/],
  [1, /^it is a number; give/],
  ["x", /^it is a string; give/],
  [[nothing], /^it is an array; give/],
  [Promise.resolve({}), /^it is a promise; give/],
  [Own, /^it is a class; give/],
  [
    new Map(),
    /^it has none of the fields processRequest, fetch, error, hooks, mux, logFunction, options, defaults; give one$/,
  ],
  [
    { fetch: nothing, processRequest: nothing },
    /^it has both fetch, which speaks HTTP, and processRequest, /,
  ],
  [
    { fetch: nothing, mux: nothing },
    /^it has both fetch, which speaks HTTP, and mux, which does not; remove/,
  ],
  [
    { fetch: nothing, hooks: { chidInit: nothing } },
    /^there is no hook "chidInit"; the nearest is childInit$/,
  ],
  [{ fetch: 1 }, /^its fetch is a number; give a function$/],
  [{ processReqest: nothing }, /^it has no field "processReqest"; the nearest is processRequest$/],
  [{ process_request: nothing }, /^it has no field "process_request"; the nearest is processRequest$/],
  [{ hook: {} }, /^it has no field "hook"; the nearest is hooks$/],
  [
    { mux_input: nothing },
    /^it has no field "mux_input"; its fields are processRequest, fetch, error, hooks, mux, log/,
  ],
  [{ childInit: nothing }, /^it has no field "childInit"; write hooks: \{ childInit \}$/],
  [{ chidInit: nothing }, /^it has no field "chidInit"; the nearest is hooks: \{ childInit \}$/],
  [
    { child_init_hook: nothing },
    /^it has no field "child_init_hook"; the nearest is hooks: \{ childInit \}$/,
  ],
  [{ processRequest: 1 }, /^its processRequest is a number; give a function$/],
  [{ processRequest: Own }, /^its processRequest is a class; give a function$/],
  [{ mux: {} }, /^its mux is an object; give a function$/],
  [{ logFunction: null }, /^its logFunction is null; give a function$/],
  [{ hooks: nothing }, /^its hooks field is a function; give an object$/],
  [{ hooks: null }, /^its hooks field is null; give an object$/],
  [{ options: [] }, /^its options field is an array; give an object$/],
  [{ defaults: "x" }, /^its defaults field is a string; give an object$/],
  [{ hooks: { chidInit: nothing } }, /^there is no hook "chidInit"; the nearest is childInit$/],
  [
    { hooks: { post_accept_hook: nothing } },
    /^there is no hook "post_accept_hook"; the nearest is postAccept$/,
  ],
  [
    { hooks: { processRequest: nothing } },
    /^there is no hook "processRequest"; processRequest stands beside/,
  ],
  [{ hooks: { whatever: nothing } }, /^there is no hook "whatever"; the hooks are configure, /],
  [{ hooks: { childInit: "x" } }, /^its hook childInit is a string; give a function$/],
];

for (const [value, fault] of FAULTS) {
  test(`a handler is refused because ${fault.source.slice(1, 60)}…`, () => {
    assert.match(handlerFault(value) ?? "", fault);
    assert.throws(
      () => toHandler(value, "the handler x.ts"),
      (error) => {
        assert.ok(error instanceof TineError);
        assert.equal(error.exitCode, EX_CONFIG);
        assert.equal(error.message, `Cannot use the handler x.ts: ${handlerFault(value)}`);
        return true;
      },
    );
  });
}
