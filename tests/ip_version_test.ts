import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import { ipVersion } from "../lib/ip_version.ts";

test("texts are told from addresses as by node:net", () => {
  const texts = [
    "",
    "localhost",
    "*",
    "1.2.3",
    "1.2.3.4",
    "01.2.3.4",
    "1.2.3.4.5",
    "255.255.255.255",
    "256.1.1.1",
  ];
  texts.push(
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.4\n",
    "1..3.4",
    "::",
    "::1",
    "::1%lo",
    "::ffff:1.2.3.4",
    ":::",
    "1:2:3",
    "g::",
  );
  // All pairs of what a byte may look like.
  const bytes = [
    "0",
    "00",
    "7",
    "07",
    "10",
    "99",
    "100",
    "199",
    "200",
    "249",
    "250",
    "255",
    "256",
    "299",
    "300",
    "1000",
    "-1",
    "a",
  ];
  for (const a of bytes) for (const b of bytes) texts.push(`${a}.${b}.0.1`, `10.0.${a}.${b}`);
  for (const text of texts) assert.equal(ipVersion(text), isIP(text), JSON.stringify(text));
});
