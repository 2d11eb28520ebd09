import assert from "node:assert/strict";
import { test } from "node:test";
import { closeFd, createPipe, Waker } from "../../lib/os/descriptor.ts";
import { Patience, POLLIN, SHORT_WAIT_MS } from "../../lib/os/wait.ts";

test("Patience grows after a long wait that was short, and is gone after a wait in vain", async () => {
  const patience = new Patience();
  const silent = createPipe();
  const waker = new Waker();
  assert.equal(patience.ms, SHORT_WAIT_MS);
  assert.equal(await patience.learn(Promise.resolve(7)), 7);
  assert.ok(patience.ms > SHORT_WAIT_MS);
  waker.wake();
  assert.equal(patience.look(waker.fd, POLLIN), true);
  assert.ok(patience.ms > SHORT_WAIT_MS, "a reward keeps it");
  assert.equal(patience.look(silent.read, POLLIN), false);
  assert.equal(patience.ms, SHORT_WAIT_MS);
  waker.close();
  closeFd(silent.read);
  closeFd(silent.write);
});
