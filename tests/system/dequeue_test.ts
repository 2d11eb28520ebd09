import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { example, exchange, fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { pass, until } from "../support/until.ts";

const DEQUEUE = ["--check_for_dequeue", "1", "--max_dequeue", "1"];

/** Waits until `count` children are at work, whatever works off the queue beside them. */
async function untilAtWork(server: TestServer, count: number): Promise<number[]> {
  await until(
    () => server.settled().length === count,
    () => `${count} children; ready are ${server.ready()}`,
  );
  return server.ready();
}

/** The processes that worked off the queue. */
function workers(server: TestServer): number[] {
  return server.trail.filter(({ hook }) => hook === "runDequeue").map(({ pid }) => pid);
}

test("a dequeue process runs beside max_servers children, one at a time", { timeout }, async () => {
  const args = [...DEQUEUE, "--max_servers", "2", "--log_level", "4"];
  await withServer(args, { handler: fixture("slow_dequeue.ts") }, async (server) => {
    const children = await untilAtWork(server, 2);
    await until(() => workers(server).length === 1, "a dequeue process");
    const [worker = 0] = workers(server);
    assert.ok(!children.includes(worker));
    assert.deepEqual(server.children().toSorted(), [...children, worker].toSorted());
    // More than check_for_dequeue: no second one while the first is at work.
    await pass(1500);
    assert.deepEqual(workers(server), [worker]);
    assert.equal(server.children().length, 3);
    assert.ok(children.includes(await exchange(server.port)));
    writeFileSync(`${server.folder}/trail.go`, "");
    await until(() => !server.children().includes(worker), "the end of the dequeue process");
    await until(() => workers(server).length >= 2, "the next dequeue process");
    assert.deepEqual(
      children.filter((pid) => !server.children().includes(pid)),
      [],
      "children were ended for it",
    );
  });
});

test("a dequeue process that works is stopped with the server", { timeout }, async () => {
  const args = [...DEQUEUE, "--max_servers", "1", "--log_level", "4"];
  await withServer(args, { handler: fixture("slow_dequeue.ts") }, async (server) => {
    await until(() => workers(server).length === 1, "a dequeue process");
  });
});

test(
  "a dequeue process that is killed is started again when it is due, and no child for it",
  { timeout },
  async () => {
    const args = [...DEQUEUE, "--max_servers", "1", "--log_level", "4"];
    await withServer(args, { handler: fixture("slow_dequeue.ts") }, async (server) => {
      const [child] = await untilAtWork(server, 1);
      await until(() => workers(server).length === 1, "a dequeue process");
      signal(workers(server)[0] as number, "SIGKILL");
      await until(() => workers(server).length === 2, "the next dequeue process");
      assert.deepEqual(
        server.children().toSorted(),
        [child as number, workers(server)[1] as number].toSorted(),
      );
    });
  },
);

test(
  "a dequeue process runs childInit, runDequeue and childFinish, each told that it is one",
  { timeout },
  async () => {
    const args = [...DEQUEUE, "--max_servers", "1", "--log_level", "3"];
    await withServer(args, { handler: example("every_hook.ts"), log: "trail" }, async (server) => {
      const done = () =>
        server.trail.find(({ hook, detail }) => hook === "childFinish" && detail === "dequeue");
      await until(done, "a dequeue process that has ended");
      const life = server.trail.filter(({ pid }) => pid === done()?.pid);
      assert.deepEqual(life.map(({ role, hook, detail }) => `${role} ${hook} ${detail}`.trimEnd()), [
        "dequeue childInit dequeue",
        "dequeue runDequeue",
        "dequeue childFinish dequeue",
      ]);
      assert.ok(
        server.trail.some(({ role, hook, detail }) =>
          `${role} ${hook} ${detail}` === "parent preFork dequeue"
        ),
      );
    });
  },
);
