import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { appNotes, parseApp, partsOf } from "../../lib/config/apps.ts";
import { parseDate } from "../../lib/http/app/conditions.ts";
import { readTypes } from "../../lib/http/app/content_types.ts";
import { behind, nameOf, segmentsOf } from "../../lib/http/app/path.ts";
import { CONTENT_TYPES, contentTypesSource, isInstalled } from "../../scripts/content_types.ts";

test("parseApp reads what Net::Server's documentation shows", () => {
  for (
    const [text, location, target] of [
      ["/home/paul/foo.cgi", "/home/paul/foo.cgi", "/home/paul/foo.cgi"],
      ["../../foo.cgi", "/foo.cgi", "../../foo.cgi"],
      ["./bar.cgi", "/bar.cgi", "./bar.cgi"],
      ["baz ./bar.cgi", "/baz", "./bar.cgi"],
      ["bim=./bar.cgi", "/bim", "./bar.cgi"],
      ["/=./bar.cgi", "/", "./bar.cgi"],
      ["/a/../b/=c", "/b/", "c"],
      ["/a//b=c=d", "/a/b", "c=d"],
      ["/a\t /my folder/", "/a", "/my folder/"],
      ["../../../x", "/x", "../../../x"],
    ] as const
  ) assert.deepEqual(parseApp(text), { location, target }, text);
});

test("behind matches whole segments, decoded once", () => {
  for (
    const [location, path, rest] of [
      ["/", "/", [""]],
      ["/", "/a/b", ["a", "b"]],
      ["/a", "/a", []],
      ["/a", "/a/", [""]],
      ["/a", "/%61/b?x", ["b"]],
      ["/a", "/ab", undefined],
      ["/a", "/b/a", undefined],
      ["/a/", "/a", undefined],
      ["/a/", "/a/b", ["b"]],
      ["/a/b", "/a%2fb/c", undefined],
      ["/a b", "/a%20b/c", ["c"]],
      ["/é", "/%c3%a9/%e9", ["%e9"]],
      ["/a", "/%2561", undefined],
    ] as const
  ) assert.deepEqual(behind(partsOf(location), segmentsOf(`http://h:1${path}`)), rest, `${location} ${path}`);
});

test("nameOf decodes once", () => {
  const text = (segment: string) => {
    const name = nameOf(segment);
    return typeof name === "number" ? name : new TextDecoder("latin1").decode(name);
  };
  assert.deepEqual(
    ["a", "%2e", "%252e", "%e9", "a%", "%2", "%g0", "%00", "%2F", "a+b"].map(text),
    ["a", ".", "%2e", "é", 400, 400, 400, 404, 404, "a+b"],
  );
});

test("parseDate knows the three forms of HTTP, and no other", () => {
  const now = new Date("2026-06-01");
  for (
    const [text, date] of [
      ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
      ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
      ["Sunday, 06-Nov-30 08:49:37 GMT", "2030-11-06T08:49:37.000Z"],
      ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"],
      ["Sun, 06 Nov 1994 08:49:37", undefined],
      ["Sun, 06 Nov 1994 08:49:37 +0100", undefined],
      ["1994-11-06T08:49:37Z", undefined],
      ["Sun, 31 Feb 1994 08:49:37 GMT", undefined],
      ["Sun, 06 Anf 1994 08:49:37 GMT", undefined],
      ["Sun, 06 Nov 1994 28:49:37 GMT", undefined],
      ["", undefined],
    ] as const
  ) {
    const seconds = parseDate(text, now);
    assert.equal(seconds === undefined ? undefined : new Date(seconds * 1000).toISOString(), date, text);
  }
});

test("appNotes tells of locations that are never reached", () => {
  assert.deepEqual(appNotes({ app: ["/a=x", "/b=y", "/=z"] }), []);
  assert.deepEqual(appNotes({ app: ["/a/b=x", "/a=x", "/a/c=y", "/ab=x"] }), [
    "app /a/c is never used: /a stands before it and serves all of it; put /a/c first",
  ]);
});

test("the table of content types is what the package mime says", {
  skip: isInstalled() ? false : "the npm package mime is not installed",
}, async () => {
  assert.equal(readFileSync(CONTENT_TYPES, "utf8"), await contentTypesSource());
});

test("the content types that the web is made of are known", () => {
  const types = readTypes();
  assert.ok(types.size > 1000);
  assert.deepEqual(
    ["html", "js", "mjs", "css", "wasm", "svg", "ico", "woff2", "webmanifest", "7z"].map((name) =>
      types.get(name)
    ),
    [
      "text/html",
      "text/javascript",
      "text/javascript",
      "text/css",
      "application/wasm",
      "image/svg+xml",
      "image/vnd.microsoft.icon",
      "font/woff2",
      "application/manifest+json",
      "application/x-7z-compressed",
    ],
  );
});
