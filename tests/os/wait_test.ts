import assert from "node:assert/strict";
import { test } from "node:test";
import { closeFd, createPipe, Waker } from "../../lib/os/descriptor.ts";
import { AdaptiveSpin, POLLIN, SHORT_WAIT_MS } from "../../lib/os/wait.ts";

test("AdaptiveSpin grows after a long wait that was short, and is gone after a missed one", async () => {
  const spin = new AdaptiveSpin();
  const silent = createPipe();
  const waker = new Waker();
  assert.equal(spin.ms, SHORT_WAIT_MS);
  assert.equal(await spin.learn(Promise.resolve(7)), 7);
  assert.ok(spin.ms > SHORT_WAIT_MS);
  waker.wake();
  assert.equal(spin.look(waker.fd, POLLIN), true);
  assert.ok(spin.ms > SHORT_WAIT_MS, "a reward keeps it");
  assert.equal(spin.look(silent.read, POLLIN), false);
  assert.equal(spin.ms, SHORT_WAIT_MS);
  waker.close();
  closeFd(silent.read);
  closeFd(silent.write);
});
