import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientWaits } from "../../lib/child/client_waits.ts";
import { closeFd, createPipe } from "../../lib/os/descriptor.ts";
import { Epoll, MANY_EVENTS } from "../../lib/os/epoll.ts";
import { isLinux } from "../../lib/os/constants.ts";
import { POLLIN } from "../../lib/os/wait.ts";
import { within } from "../support/until.ts";

const skip = isLinux ? false : "needs epoll";

test("waits for one descriptor that overlap all end", { skip }, async () => {
  const pipe = createPipe();
  const set = new Epoll({ maxEvents: MANY_EVENTS });
  try {
    const waits = new ClientWaits(set);
    const two = [waits.waitFor(pipe.read, POLLIN, -1), waits.waitFor(pipe.read, POLLIN, 60_000)];
    waits.wake(pipe.read, POLLIN);
    assert.deepEqual(await within(Promise.all(two)), [true, true]);
    const [early, late] = [waits.waitFor(pipe.read, POLLIN, 1), waits.waitFor(pipe.read, POLLIN, -1)];
    assert.equal(await within(early), false);
    waits.wake(pipe.read, POLLIN);
    assert.equal(await within(late), true);
  } finally {
    set.close();
    closeFd(pipe.read);
    closeFd(pipe.write);
  }
});
