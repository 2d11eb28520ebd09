import assert from "node:assert/strict";
import { test } from "node:test";
import { closeFd, createPipe, openFile, tryLock } from "../../lib/os/descriptor.ts";
import { type PreparedSerializer, prepareSerializer } from "../../lib/serialize/prepare.ts";
import { attachSerializer } from "../../lib/serialize/serializer.ts";
import type { Serializer } from "../../lib/serialize/turns.ts";
import { timeout } from "../support/limits.ts";
import { until, within } from "../support/until.ts";

const KINDS = ["flock", "semaphore", "pipe"] as const;

/** Calls `body` with what the parent has of a serializer, and children's sides of it. */
async function withTurns(
  kind: typeof KINDS[number],
  body: (children: readonly Serializer[], prepared: PreparedSerializer) => Promise<void>,
): Promise<void> {
  const prepared = await prepareSerializer(kind);
  const deathPipe = createPipe();
  try {
    const handoff = prepared.handoff as Parameters<typeof attachSerializer>[0];
    const attach = () => attachSerializer(handoff, { deathPipeFd: deathPipe.read });
    await body([await attach(), await attach(), await attach()], prepared);
  } finally {
    // The waits that a test left end by this, as those of children do.
    closeFd(deathPipe.write);
    prepared.remove();
    closeFd(deathPipe.read);
  }
}

/** Gives the event loop a few turns. */
async function letOthersRun(): Promise<void> {
  let looks = 0;
  await until(() => looks++ === 3, "turns of the event loop");
}

/** Takes the turn as a child does. */
async function take(serializer: Serializer): Promise<void> {
  while (!serializer.takeHere() && !await serializer.takeAway());
}

for (const kind of KINDS) {
  test(
    `${kind}: one has the turn at a time, and who waits off the loop gets it next`,
    { timeout },
    async () => {
      await withTurns(kind, async ([a, b, c]) => {
        assert.ok(a && b && c);
        assert.equal(a.takeHere(), true);
        assert.equal(b.takeHere(), false);
        assert.equal(c.takeHere(), false);
        let turns = 0;
        const inTurn = async (serializer: Serializer) => {
          await take(serializer);
          assert.equal(++turns, 1, "nobody else has it");
          await letOthersRun();
          turns--;
          serializer.release();
        };
        const others = Promise.all([inTurn(b), inTurn(c)]);
        a.release();
        await within(others, "both turns");
        assert.equal(a.takeHere(), true);
        a.release();
      });
    },
  );

  test(`${kind}: who leaves while it waits lets the others have the turn`, { timeout }, async () => {
    await withTurns(kind, async ([a, b, c]) => {
      assert.ok(a && b && c);
      assert.equal(a.takeHere(), true);
      const leaving = b.takeAway().then((hasTurn) => hasTurn && b.release());
      const staying = take(c);
      a.release();
      // It may have been woken already, but has not had its chance.
      b.leave();
      await within(staying, "the turn of the one that stays");
      c.release();
      assert.equal(a.takeHere(), true, "nobody else has it");
      a.release();
      // As its process would end, the wait of the one that left goes on until the deathPipe's end.
      leaving.catch(assert.fail);
    });
  });

  test(
    `${kind}: a holder's death frees the turn, and one that lives on is waited for`,
    { timeout },
    async () => {
      await withTurns(kind, async ([a, b], prepared) => {
        assert.ok(a && b);
        assert.equal(a.takeHere(), true);
        prepared.afterDeath(0); // somebody else's, as it turns out
        if (kind === "pipe") return assert.equal(b.takeHere(), true, "the token of the dead is void");
        assert.equal(b.takeHere(), false);
        const waiting = take(b);
        a.release();
        await within(waiting, "the turn");
        assert.equal(a.takeHere(), false, "there is no second token");
        b.release();
        assert.equal(a.takeHere(), true);
        a.release();
      });
    },
  );
}

test(
  "flock: another server's lock on the same file is waited for off the event loop",
  { timeout },
  async () => {
    await withTurns("flock", async ([a], prepared) => {
      assert.ok(a && prepared.handoff.kind === "flock");
      const other = openFile(prepared.handoff.path, { create: false });
      assert.equal(tryLock(other, { shared: false }), true);
      assert.equal(a.takeHere(), false);
      let isTaken = false;
      const waiting = take(a).then(() => isTaken = true);
      await letOthersRun();
      assert.equal(isTaken, false);
      closeFd(other);
      await within(waiting, "the turn");
      a.release();
    });
  },
);

test("a token is there after more deaths than a pipe has room for", { timeout }, async () => {
  await withTurns("pipe", ([a], prepared) => {
    for (let i = 0; i < 20_000; i++) prepared.afterDeath(0);
    assert.equal(a?.takeHere(), true);
    return Promise.resolve();
  });
});
