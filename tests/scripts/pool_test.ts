import assert from "node:assert/strict";
import { test } from "node:test";
import { runPool } from "../../scripts/pool.ts";

/** Jobs that end when the test says so, and what happened to them. */
function startPool(names: string, width: number) {
  const events: string[] = [];
  const endings = new Map<string, () => void>();
  const jobs = [...names].map((name) => ({ name, isAlone: name === name.toUpperCase() }));
  const finished = runPool(jobs, width, async ({ name }) => {
    events.push(`+${name}`);
    await new Promise<void>((resolve) => endings.set(name, resolve));
    events.push(`-${name}`);
  });
  const end = async (name: string) => {
    endings.get(name)?.();
    // As many turns as the promises in between may take.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { events, end, finished };
}

test("runPool() runs as many jobs at once as it may, in their order", async () => {
  const { events, end, finished } = startPool("abcd", 2);
  assert.deepEqual(events, ["+a", "+b"]);
  await end("b");
  assert.deepEqual(events, ["+a", "+b", "-b", "+c"]);
  for (const name of "acd") await end(name);
  await finished;
  assert.deepEqual(events.slice(4), ["-a", "+d", "-c", "-d"]);
});

test("runPool() starts a job that is to be alone when the others have ended, and none beside it", async () => {
  const { events, end, finished } = startPool("abXc", 3);
  await end("a");
  assert.deepEqual(events, ["+a", "+b", "-a"]);
  await end("b");
  assert.deepEqual(events.slice(3), ["-b", "+X"]);
  await end("X");
  assert.deepEqual(events.slice(5), ["-X", "+c"]);
  await end("c");
  await finished;
});
