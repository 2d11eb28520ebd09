import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { statusText } from "../../lib/cli/status_text.ts";
import { readServerStatus } from "../../lib/daemon/server_status.ts";
import { StatusFile } from "../../lib/daemon/status_file.ts";
import { closeFd } from "../../lib/os/descriptor.ts";
import { STATE } from "../../lib/scoreboard/layout.ts";
import { Scoreboard } from "../../lib/scoreboard/scoreboard.ts";
import { timeout } from "../support/limits.ts";
import { program, withBystander } from "../support/processes.ts";
import { PUBLISHED } from "../support/published_status.ts";

const skip = process.platform === "linux" ? false : "needs /proc";

/** Runs `body` in a process that tells of itself as a server does. */
function asServer(body: (file: StatusFile) => void): void {
  const file = new StatusFile();
  try {
    body(file);
  } finally {
    closeFd(file.fd);
  }
}

const read = () => readServerStatus(process.pid, { memory: "rss" });

test("a server that does not listen yet runs, and is not ready", { skip }, () => {
  asServer((file) => {
    const { running, ready, personality, totals, listeners, pid, memoryKind } = read();
    assert.deepEqual([running, ready, personality, totals, listeners], [true, false, null, null, null]);
    assert.deepEqual([pid, memoryKind], [process.pid, "rss"]);
    assert.match(statusText(read()), new RegExp(`^Starting, process id ${process.pid}\n`));
    file.publish(PUBLISHED);
    assert.deepEqual([read().ready, read().states], [true, null], "without children it serves itself");
  });
});

test("a process without a status file tells no more than that it is there", { skip }, () => {
  const { ready, name, totals } = read();
  assert.deepEqual([ready, name, totals], [null, null, null]);
  assert.match(statusText(read()), /^Running, process id \d+; only root or the user/);
});

test("what a server of an older version does not tell is null", { skip }, () => {
  asServer((file) => {
    file.publish(PUBLISHED);
    const { name, listeners, lastRefusal } = read();
    assert.deepEqual([name, lastRefusal], [null, null]);
    assert.deepEqual(listeners, [{
      address: "127.0.0.1:80",
      proto: null,
      queue: null,
      backlog: null,
      queueBytes: null,
      dropped: null,
    }]);
  });
});

test("a server is ready once a child waits or serves, and counts its children by state", { skip }, () => {
  asServer((file) => {
    const scoreboard = Scoreboard.create(4);
    const old = Scoreboard.create(2);
    try {
      const place = ({ fd, capacity }: Scoreboard) => ({ fd, capacity });
      file.publish({ ...PUBLISHED, scoreboard: place(scoreboard), oldScoreboards: [place(old)] });
      const slot = (of: Scoreboard, pid: number) => {
        const claimed = of.claim(PUBLISHED.startedMs) as NonNullable<ReturnType<Scoreboard["claim"]>>;
        claimed.slot.setPid(pid);
        return claimed;
      };
      assert.deepEqual([read().ready, read().children], [false, []]);
      const { slot: first } = slot(scoreboard, 2 ** 22 + 1);
      assert.deepEqual([read().ready, read().states?.starting], [false, 1]);
      first.setState(STATE.standby, 5);
      assert.equal(read().ready, false);
      first.setState(STATE.serving, 6);
      assert.equal(read().ready, true);
      const { slot: second, index } = slot(old, 2 ** 22 + 2);
      second.setState(STATE.waiting, 7);
      second.setRequests(7);
      first.setRequests(3);
      file.totals.childEnded({ requests: 90, denied: 1 }, "ended", () => {});
      const { states, totals, children } = read();
      assert.deepEqual([states?.serving, states?.waiting, states?.starting], [1, 1, 0]);
      assert.equal(totals?.clients, 100);
      assert.deepEqual(
        children.map(({ changedMs, cpuMs, memoryBytes, client }) => ({
          changedMs,
          cpuMs,
          memoryBytes,
          client,
        })),
        [
          { changedMs: 6, cpuMs: null, memoryBytes: null, client: null },
          { changedMs: 7, cpuMs: null, memoryBytes: null, client: null },
        ],
        "there are no such processes",
      );
      file.totals.childEnded(second, "SIGKILL", () => old.release(index));
      assert.deepEqual([read().totals?.clients, read().children.length], [100, 1], "counted once");
    } finally {
      closeFd(scoreboard.fd);
      closeFd(old.fd);
    }
  });
});

test("numbers of anybody's that are no times are null", { skip }, () => {
  asServer((file) => {
    const scoreboard = Scoreboard.create(1);
    try {
      file.publish({ ...PUBLISHED, scoreboard: { fd: scoreboard.fd, capacity: 1 } });
      const { slot } = scoreboard.claim(NaN) as NonNullable<ReturnType<Scoreboard["claim"]>>;
      slot.setPid(2 ** 22 + 1);
      slot.setState(STATE.serving, Infinity);
      slot.setRequests(-5);
      const [child] = read().children;
      assert.deepEqual([child?.startedMs, child?.changedMs, child?.clients], [null, null, 0]);
      slot.setPid(-1);
      assert.deepEqual(read().children, []);
    } finally {
      closeFd(scoreboard.fd);
    }
  });
});

test(
  "a child that ends is seen with its clients, or after they were added, never without",
  { skip, timeout },
  async () => {
    await withBystander(program("tests/system/fixtures/changing_totals.ts"), async (server) => {
      await server.says("ready");
      let before = 0;
      for (let looks = 0; looks < 3000; looks++) {
        const { totals, children } = readServerStatus(server.pid, { memory: "rss" });
        const clients = totals?.clients ?? 0;
        const ended = totals?.deaths.ended ?? 0;
        assert.ok(clients >= before, `${clients} after ${before}`);
        // One that has just been started has none yet.
        assert.ok(
          clients === 1000 * (ended + children.length) || clients === 1000 * ended,
          `${clients} of ${ended}`,
        );
        before = clients;
      }
      assert.ok(before > 0);
    });
  },
);
