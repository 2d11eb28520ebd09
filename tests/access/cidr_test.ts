import assert from "node:assert/strict";
import { test } from "node:test";
import { addressKey, BlockSet, withoutMapping } from "../../lib/access/cidr.ts";
import { checkCidr } from "../../lib/access/rules.ts";
import { randomNumbers } from "../config/net_server.ts";

/** The text of the block that holds an address. */
const find = (blocks: readonly string[], address: string) =>
  new BlockSet(blocks).find(addressKey(address) as string);

test("addressKey is equal for equal addresses, however they are written", () => {
  const same: readonly (readonly string[])[] = [
    ["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1"],
    ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8::0001"],
    ["fe80::1", "fe80::1%eth0"],
  ];
  for (const texts of same) {
    assert.equal(new Set(texts.map(addressKey)).size, 1, texts.join());
    assert.equal(addressKey(texts[0] as string)?.length, 16);
  }
});

test("addressKey knows what is no address", () => {
  const none = [
    "",
    "x",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "::1::",
    "1:2:3:4:5:6:7:8:9",
    "::1.2.3",
    "1.2.3.4::",
    "12345::",
    "::g",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1.2.3.4%eth0",
  ];
  for (const text of none) assert.equal(addressKey(text), undefined, text);
});

test("withoutMapping gives the IPv4 address of a mapped one, and every other as it is", () => {
  assert.equal(withoutMapping("::ffff:192.0.2.1"), "192.0.2.1");
  for (const address of ["192.0.2.1", "::1", "::ffff:c000:201", ""]) {
    assert.equal(withoutMapping(address), address);
  }
});

test("BlockSet knows blocks, short IPv4 blocks, ranges and single addresses", () => {
  const cases: readonly [string, string, boolean][] = [
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10/8", "10.1.2.3", true],
    ["192.168/16", "192.168.255.1", true],
    ["192.0.2.77/24", "192.0.2.1", true],
    [" 192.0.2.0 / 24 ", "192.0.2.1", true],
    ["0/0", "255.1.2.3", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "192.0.2.1", true],
    ["::ffff:10.0.0.0/104", "10.9.9.9", true],
    ["192.0.2.1/32", "192.0.2.1", true],
    ["192.0.2.1/32", "192.0.2.2", false],
    ["192.0.2.1", "::ffff:192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["192.0.2.5-192.0.2.9", "192.0.2.9", true],
    ["192.0.2.5-192.0.2.9", "192.0.2.10", false],
    ["2001:db8::/33", "2001:db8:7fff::", true],
    ["2001:db8::/33", "2001:db8:8000::", false],
    ["2001:db8::-2001:db8::ff", "2001:db8::80", true],
    ["::1", "::1", true],
  ];
  for (const [block, address, isIn] of cases) {
    assert.equal(find([block], address), isIn ? block : undefined, `${address} in ${block}`);
  }
});

test("checkCidr says why it refuses", () => {
  const cases: readonly [string, string][] = [
    ["", "it is empty"],
    ["example.com", "example.com is no address"],
    ["10.0.0.0/33", "/33 is not from /0 to /32"],
    ["::/129", "/129 is not from /0 to /128"],
    ["10.0.0.0/", "/ is not from /0 to /32"],
    ["10.0.0.0/8/9", "10.0.0.0/8 is no address"],
    ["10.0.0.9-10.0.0.1", "the range runs backwards"],
    ["10.0.0.9-", " is no address"],
    ["192.168", "192.168 is no address"],
  ];
  for (const [text, reason] of cases) assert.equal(checkCidr(text), reason, text);
});

test("BlockSet finds by halving what looking at every block finds", () => {
  const random = randomNumbers(20_261_124);
  const byte = () => Math.floor(random() * 4) * 60;
  const address = () => `${byte()}.${byte()}.${byte()}.${byte()}`;
  for (let round = 0; round < 300; round++) {
    const blocks = Array.from({ length: Math.floor(random() * 8) }, () => {
      if (random() < 0.7) return `${address()}/${Math.floor(random() * 33)}`;
      return [address(), address()].toSorted((a, b) =>
        (addressKey(a) as string) < (addressKey(b) as string) ? -1 : 1
      ).join("-");
    });
    const single = blocks.map((block) => new BlockSet([block]));
    for (let i = 0; i < 20; i++) {
      const peer = address();
      const key = addressKey(peer) as string;
      const holds = single.some((set) => set.find(key) !== undefined);
      const found = find(blocks, peer);
      assert.equal(found !== undefined, holds, `${peer} in ${blocks.join(", ")}`);
      // The block that is named is one that holds the address.
      if (found !== undefined) assert.equal(find([found], peer), found);
    }
  }
});
