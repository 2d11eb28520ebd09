import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSocketRow } from "../../lib/daemon/listener_status.ts";

test("a row of /proc/net/tcp tells how many clients wait", () => {
  assert.deepEqual(
    parseSocketRow(
      "   3: 0100007F:9A6B 00000000:0000 0A 00000000:0000000C 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0",
    ),
    { state: "0A", receiveQueue: 12, inode: "4711", drops: undefined },
  );
});

test("a row of /proc/net/udp tells how many bytes wait, and what was dropped", () => {
  assert.deepEqual(
    parseSocketRow(
      " 1234: 00000000:0035 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 99 2 0000000000000000 17",
    ),
    { state: "07", receiveQueue: 768, inode: "99", drops: 17 },
  );
});

test("a heading is no row", () => {
  assert.equal(
    parseSocketRow(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    ),
    undefined,
  );
  assert.equal(parseSocketRow(""), undefined);
});
