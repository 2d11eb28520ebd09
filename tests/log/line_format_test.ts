import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeMessage, formatJson } from "../../lib/log/line_format.ts";

test("escapeMessage leaves nothing that is not printable, and drops one end of line", () => {
  assert.equal(escapeMessage("plain %0A ~\n"), "plain %0A ~");
  assert.equal(escapeMessage("a\nb\n\n"), "a%0Ab%0A");
  assert.equal(escapeMessage("\r\t\x1b[2J\x7f\0"), "%0D%09%1B[2J%7F%00");
  assert.equal(escapeMessage("\u00e4\u{1f600}"), "%C3%A4%F0%9F%98%80");
  // Half a character is written as what stands for none.
  assert.equal(escapeMessage("\ud800"), "%EF%BF%BD");
});

test("formatJson gives one line that a terminal takes for text, and that reads back as it was", () => {
  const message = 'a\n\r\x1b[2J\x7f\u0085\u009b2J\u2028\u2029\ud800\u00e4"\\';
  const line = formatJson(2, message, 7, new Date(0));
  assert.match(line, /^[\x20-\x7e\u00e4]*$/);
  assert.deepEqual(JSON.parse(line), { time: "1970-01-01T00:00:00.000Z", level: "notice", pid: 7, message });
});
