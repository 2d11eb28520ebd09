import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import { test } from "node:test";
import {
  decodeSockaddr,
  encodeSockaddr,
  formatAddress,
  formatIPv6,
  parseIPv4,
  parseIPv6,
} from "../../lib/os/sockaddr.ts";

/** Numbers below 2^32 that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
}

test("a random IPv6 address is the same after it was written and read", () => {
  const next = numbers(1);
  for (let i = 0; i < 5000; i++) {
    const bytes = new Uint8Array(16);
    const zeros = next() >>> 16; // so that runs of zeros of all lengths occur
    for (let at = 0; at < 16; at++) bytes[at] = zeros >> (at >> 1) & 1 ? 0 : next() >>> 24;
    const text = formatIPv6(bytes);
    assert.ok(isIPv6(text), text);
    assert.deepEqual(parseIPv6(text), bytes, text);
    if (!text.includes(".")) assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
  }
});

const CANONICAL: readonly [string, string][] = [
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["2001:DB8::00a0", "2001:db8::a0"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["::ffff:1.2.3.4", "::ffff:1.2.3.4"],
  ["::ffff:102:304", "::ffff:1.2.3.4"],
  ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ["1:2:3:4:5:6:255.255.0.1", "1:2:3:4:5:6:ffff:1"],
];

for (const [text, canonical] of CANONICAL) {
  test(`the address ${text} is written ${canonical}`, () => {
    assert.equal(formatIPv6(parseIPv6(text)), canonical);
  });
}

test("an address is the same after it was put into a sockaddr", () => {
  const next = numbers(2);
  for (let i = 0; i < 1000; i++) {
    const port = next() >>> 16;
    const hostname = i % 2 === 0
      ? Array.from({ length: 4 }, () => next() >>> 24).join(".")
      : formatIPv6(Uint8Array.from({ length: 16 }, () => next() >>> 24));
    const address = { transport: "tcp", hostname, port } as const;
    const bytes = encodeSockaddr(address);
    assert.equal(bytes.length, i % 2 === 0 ? 16 : 28);
    assert.deepEqual(decodeSockaddr(bytes, bytes.length), address);
  }
});

test("a path is the same after it was put into a sockaddr", () => {
  for (const path of ["/run/x.sock", "", "/tmp/é"]) {
    const address = { transport: "unix", hostname: "", port: 0, path } as const;
    const bytes = encodeSockaddr(address);
    assert.deepEqual(decodeSockaddr(bytes, bytes.length), address);
    const room = new Uint8Array(128);
    room.set(bytes);
    assert.deepEqual(decodeSockaddr(room, bytes.length), address);
  }
});

test("an address is written as a person does", () => {
  assert.deepEqual(parseIPv4("1.2.3.255"), Uint8Array.of(1, 2, 3, 255));
  assert.equal(formatAddress({ transport: "tcp", hostname: "127.0.0.1", port: 80 }), "127.0.0.1:80");
  assert.equal(formatAddress({ transport: "tcp", hostname: "::1", port: 80 }), "[::1]:80");
  assert.equal(formatAddress({ transport: "unix", hostname: "", port: 0, path: "/x" }), "/x");
});
