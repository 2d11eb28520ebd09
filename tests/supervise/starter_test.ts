import assert from "node:assert/strict";
import { test } from "node:test";
import { STATE } from "../../lib/scoreboard/layout.ts";
import { Scoreboard } from "../../lib/scoreboard/scoreboard.ts";
import { Children } from "../../lib/supervise/children.ts";
import type { Outputs } from "../../lib/supervise/outputs.ts";
import type { Spawner } from "../../lib/supervise/spawn.ts";
import { Starter } from "../../lib/supervise/starter.ts";
import { until } from "../support/until.ts";

/** A starter whose children are no processes. */
function starterOf() {
  const children = new Children();
  let pid = 1_000_000_000;
  const starter = new Starter({
    children,
    scoreboard: Scoreboard.create(8),
    spawner: { start: () => pid++ } as unknown as Spawner,
    outputs: { starting: (start: (output: undefined) => number) => start(undefined) } as unknown as Outputs,
    log: () => {},
  });
  return { starter, children };
}

test("a clock that is set back while children are tried holds up none of them for as long", async () => {
  const clock = Date.now;
  try {
    const { starter, children } = starterOf();
    starter.diedAtBirth(1);
    assert.equal(starter.allowed(4), 0);
    Date.now = () => clock() - 3_600_000;
    // After the pause, one alone.
    await until(() => starter.allowed(4) === 1, "the next try");
    starter.start("server");
    assert.equal(starter.allowed(4), 0);
    const [child] = [...children];
    child?.slot.setState(STATE.waiting, Date.now());
    // It may yet end as the others did.
    assert.equal(starter.allowed(4), 0);
    Date.now = () => clock() - 7_200_000;
    assert.ok(starter.allowed(4) > 0, "the others wait until the clock has caught up");
  } finally {
    Date.now = clock;
  }
});
