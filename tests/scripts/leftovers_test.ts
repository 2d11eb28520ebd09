import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { awaitNoLeftovers, killLeftovers, leftoversOf, MARK } from "../../scripts/leftovers.ts";
import { timeout } from "../support/limits.ts";
import { until } from "../support/until.ts";

const skip = process.platform === "linux" ? false : "needs /proc";

test(
  "leftovers are found by their mark, in whatever session they are, and can be killed",
  { timeout, skip },
  async () => {
    const mark = `leftovers-${process.pid}`;
    const script = "setsid sleep 3600 & exec sleep 3600";
    const child = spawn("sh", ["-c", script], { stdio: "ignore", env: { ...process.env, [MARK]: mark } });
    const ended = once(child, "exit");
    await until(
      () => leftoversOf(mark).filter(({ command }) => command === "sleep 3600").length === 2,
      "both",
    );
    assert.deepEqual(leftoversOf(`${mark}0`), []);
    assert.equal((await awaitNoLeftovers(mark, 0)).length, 2);
    killLeftovers(mark);
    await ended;
    assert.deepEqual(await awaitNoLeftovers(mark, 60_000), []);
  },
);
