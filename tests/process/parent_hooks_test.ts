import assert from "node:assert/strict";
import { test } from "node:test";
import { Inbox } from "../../lib/process/inbox.ts";
import { ParentHooks } from "../../lib/process/parent_hooks.ts";
import { until } from "../support/until.ts";

const never = new Promise<void>(() => {});

/** Hooks of which one never ends, over an inbox whose clock stands where a test puts it. */
function scene(
  stopTimeoutMs: number,
): { inbox: Inbox; hooks: ParentHooks; lines: string[]; later: () => void } {
  let now = 0;
  const lines: string[] = [];
  const inbox = new Inbox(() => now);
  const hooks = new ParentHooks({
    hooks: {
      preServerClose: () => never,
      idleLoop: async () => {},
      preFork: () => Promise.reject(new Error("no")),
    },
    inbox,
    stopTimeoutMs,
    log: (level, message) => lines.push(`${level} ${message}`),
  });
  return { inbox, hooks, lines, later: () => now += 1000 };
}

test("a hook that ends is awaited, one that throws fails, and one that is not there is none", async () => {
  const { hooks, lines } = scene(10_000);
  await hooks.call("idleLoop", (all) => all.idleLoop?.({} as never));
  await hooks.call("preLoop", (all) => all.preLoop?.({} as never));
  await assert.rejects(
    hooks.call("preFork", (all) => all.preFork?.({} as never, "server")),
    /hook preFork threw/,
  );
  assert.deepEqual(lines, []);
});

test("a second stop ends the wait for a hook, also while the server stops already", async () => {
  for (const isStopping of [false, true]) {
    const { inbox, hooks, lines, later } = scene(100_000);
    const work = hooks.call("preServerClose", (all) => all.preServerClose?.({} as never), { isStopping });
    if (!isStopping) inbox.push("stop");
    later();
    inbox.push("stop");
    await work;
    assert.deepEqual(lines, [
      "1 The hook preServerClose had not ended when the server was told to stop again: the server stops without " +
      "waiting for it",
    ]);
    // The stop is still there for the loop.
    assert.ok(inbox.count("stop") > 0);
  }
});

test("stop_timeout after a stop the wait for a hook ends", async () => {
  const { inbox, hooks, lines } = scene(1);
  inbox.push("quit");
  const work = hooks.call("preServerClose", (all) => all.preServerClose?.({} as never));
  // Its timer keeps no event loop from running empty.
  await Promise.all([work, until(() => lines.length > 0)]);
  assert.match(lines.join("\n"), /did not end within stop_timeout \(0\.001 s\)/);
});

test("who was told of news before a hook was called is told again", async () => {
  const { inbox, hooks } = scene(10_000);
  let told = 0;
  inbox.onPush = () => told++;
  const ended = Promise.withResolvers<void>();
  const work = hooks.call("idleLoop", () => ended.promise);
  inbox.push("reopen");
  ended.resolve();
  await work;
  inbox.push("more");
  assert.equal(told, 2);
});
