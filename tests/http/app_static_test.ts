import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { type TestServer, withServer } from "../support/server.ts";
import { Wire, type WireAnswer } from "./wire.ts";

const ONE = ["--max_servers", "1"];
/** Last changed then, in seconds since 1970: Mon, 02 Jan 2023 03:04:05 GMT. */
const CHANGED = 1_672_628_645;
const DATE = "Mon, 02 Jan 2023 03:04:05 GMT";

/** A site in the server's folder, with what must not be served beside it and within it. */
function makeSite(folder: string): void {
  const site = join(folder, "site");
  for (const name of ["sub/deep", "bare", ".git", ".well-known", "with space"]) {
    mkdirSync(join(site, name), { recursive: true });
  }
  const files = {
    "index.html": "<title>Home</title>",
    "a.css": "abcdefghijklmnopqrstuvwxyz",
    "empty.txt": "",
    "sub/index.html": "sub",
    "sub/deep/x.json": "{}",
    "täglich.txt": "daily",
    "with space/50%.txt": "half",
    "UPPER.JPG": "jpg",
    "unknown.qqq": "?",
    "noending": "?",
    ".env": "secret",
    ".git/config": "secret",
    ".well-known/security.txt": "public",
    "sub/.hidden": "secret",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(site, name), text);
  writeFileSync(join(site, "bytes.bin"), Uint8Array.from({ length: 300_000 }, (_, i) => i * 7 + (i >> 8)));
  // A name that is no UTF-8.
  spawnSync("sh", ["-c", `printf latin > "$1/$(printf 'l\\351.txt')"`, "sh", site]);
  writeFileSync(join(folder, "outside.txt"), "secret");
  symlinkSync("../outside.txt", join(site, "out.txt"));
  symlinkSync(join(site, "a.css"), join(site, "absolute.css"));
  symlinkSync("..", join(site, "sub/up"));
  symlinkSync("../..", join(site, "sub/upup"));
  symlinkSync("a.css", join(site, "in.css"));
  symlinkSync("loop", join(site, "loop"));
  spawnSync("mkfifo", [join(site, "fifo")]);
  utimesSync(join(site, "a.css"), CHANGED, CHANGED);
}

async function withSite(
  body: (server: TestServer) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  await withServer([...ONE, "--app", "/=FOLDER/site", ...args], { prepare: makeSite }, body);
}

function field({ head }: WireAnswer, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, "im").exec(head)?.[1];
}

test(
  "files are served with type, length and validators, and a folder by its index",
  { timeout },
  async () => {
    await withSite(async ({ port }) => {
      const wire = new Wire(port);
      for (
        const [path, type, body] of [
          ["/", "text/html;charset=UTF-8", "<title>Home</title>"],
          ["/index.html?v=1", "text/html;charset=UTF-8", "<title>Home</title>"],
          ["/a.css", "text/css;charset=UTF-8", "abcdefghijklmnopqrstuvwxyz"],
          ["/sub/", "text/html;charset=UTF-8", "sub"],
          ["/sub/deep/x.json", "application/json", "{}"],
          ["/empty.txt", "text/plain;charset=UTF-8", ""],
          ["/UPPER.JPG", "image/jpeg", "jpg"],
          ["/unknown.qqq", "application/octet-stream", "?"],
          ["/noending", "application/octet-stream", "?"],
          ["/.well-known/security.txt", "text/plain;charset=UTF-8", "public"],
          ["/in.css", "text/css;charset=UTF-8", "abcdefghijklmnopqrstuvwxyz"],
          // A link that leads upwards and stays within.
          ["/sub/up/a.css", "text/css;charset=UTF-8", "abcdefghijklmnopqrstuvwxyz"],
          ["/t%C3%A4glich.txt", "text/plain;charset=UTF-8", "daily"],
          // A name that is no UTF-8.
          ["/l%e9.txt", "text/plain;charset=UTF-8", "latin"],
          ["/with%20space/50%25.txt", "text/plain;charset=UTF-8", "half"],
          ["/%61.css", "text/css;charset=UTF-8", "abcdefghijklmnopqrstuvwxyz"],
          ["/sub/../a.css", "text/css;charset=UTF-8", "abcdefghijklmnopqrstuvwxyz"],
        ] as const
      ) {
        const answer = await wire.ask(path);
        assert.deepEqual(
          [answer.status, field(answer, "content-type"), answer.body],
          [200, type, body],
          path,
        );
      }
      const answer = await wire.ask("/a.css");
      assert.equal(field(answer, "last-modified"), DATE);
      assert.equal(field(answer, "accept-ranges"), "bytes");
      assert.match(field(answer, "etag") as string, /^"[\w-]+"$/);
      wire.send("HEAD /a.css HTTP/1.1\r\nHost: h\r\n\r\n");
      wire.get("/empty.txt");
      wire.close();
      const other = new Wire(port);
      other.send("HEAD /a.css HTTP/1.0\r\n\r\n");
      assert.match(
        await other.rest(),
        /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*Content-Length: 26\r\n(.+\r\n)*\r\n$/i,
      );
    });
  },
);

test("there is no way out of the folder, and nothing hidden, no listing and no device is served", {
  timeout,
}, async () => {
  await withSite(async (server) => {
    const paths = {
      "/nothing": 404,
      "/a.css/": 404,
      "/a.css/x": 404,
      "//a.css": 404,
      "/sub//deep/x.json": 404,
      "/bare/": 404,
      "/fifo": 404,
      "/loop": 404,
      "/.env": 404,
      "/%2eenv": 404,
      "/.git/config": 404,
      "/sub/.hidden": 404,
      "/sub/.well-known/": 404,
      "/out.txt": 404,
      "/absolute.css": 404,
      "/sub/upup/outside.txt": 404,
      "/../outside.txt": 404,
      "/sub/../../outside.txt": 404,
      "/%2e%2e/outside.txt": 404,
      "/.%2E/outside.txt": 404,
      "/..%2foutside.txt": 404,
      "/%2e%2e%2foutside.txt": 404,
      "/sub%2findex.html": 404,
      "/..%5coutside.txt": 404,
      "/..\\outside.txt": 404,
      "/%252e%252e/outside.txt": 404,
      "/%c0%ae%c0%ae/outside.txt": 404,
      "/a.css%00.txt": 404,
      "/a%zz": 400,
      "/a%": 400,
      [`/${"x".repeat(300)}`]: 404,
      [`/${"x/".repeat(3000)}`]: 404,
    };
    for (const [path, expected] of Object.entries(paths)) {
      const wire = new Wire(server.port);
      const { status, body } = await wire.ask(path);
      assert.equal(status, expected, path);
      assert.doesNotMatch(body, /secret|fifo|deep/);
      wire.close();
    }
    await server.says(/a link leads out of the folder; answered with 404/);
  }, ["--log_level", "3"]);
});

test("a folder without a slash is redirected, with its query, and to nowhere else", { timeout }, async () => {
  await withSite(async ({ port }) => {
    const wire = new Wire(port);
    for (
      const [path, location] of [
        ["/sub", "http://h/sub/"],
        ["/sub?a=b", "http://h/sub/?a=b"],
        ["/sub/deep", "http://h/sub/deep/"],
        ["/with%20space", "http://h/with%20space/"],
      ] as const
    ) {
      const answer = await wire.ask(path);
      assert.deepEqual([answer.status, field(answer, "location")], [301, location]);
    }
    wire.close();
  });
});

test("other methods than GET and HEAD get 405", { timeout }, async () => {
  await withSite(async ({ port }) => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"]) {
      const wire = new Wire(port);
      wire.send(`${method} /a.css HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n`);
      const answer = await wire.answer();
      assert.deepEqual([answer.status, field(answer, "allow")], [405, "GET, HEAD"]);
      wire.close();
    }
  });
});

test("what the client has already is not sent again", { timeout }, async () => {
  await withSite(async ({ port }) => {
    const wire = new Wire(port);
    const etag = field(await wire.ask("/a.css"), "etag") as string;
    const earlier = "Sun, 01 Jan 2023 00:00:00 GMT";
    const later = "Tue, 03 Jan 2023 00:00:00 GMT";
    for (
      const [fields, expected] of [
        [`If-None-Match: ${etag}`, 304],
        [`If-None-Match: W/${etag}`, 304],
        [`If-None-Match: "x", ${etag}`, 304],
        ["If-None-Match: *", 304],
        ['If-None-Match: "x"', 200],
        [`If-None-Match: "x"\r\nIf-Modified-Since: ${DATE}`, 200],
        [`If-Modified-Since: ${DATE}`, 304],
        [`If-Modified-Since: ${later}`, 304],
        [`If-Modified-Since: ${earlier}`, 200],
        ["If-Modified-Since: Monday, 02-Jan-23 03:04:05 GMT", 304],
        ["If-Modified-Since: Mon Jan  2 03:04:05 2023", 304],
        ["If-Modified-Since: tomorrow", 200],
        [`If-Match: ${etag}`, 200],
        ["If-Match: *", 200],
        ['If-Match: "x"', 412],
        [`If-Match: W/${etag}`, 412],
        [`If-Unmodified-Since: ${DATE}`, 200],
        [`If-Unmodified-Since: ${earlier}`, 412],
      ] as const
    ) {
      const answer = await wire.ask("/a.css", `${fields}\r\n`);
      assert.equal(answer.status, expected, fields);
      if (expected === 304) assert.equal(field(answer, "etag"), etag);
    }
    assert.equal((await wire.ask("/nothing", "If-Match: *\r\n")).status, 404);
    wire.close();
  });
});

test("parts are sent, one or several", { timeout }, async () => {
  await withSite(async ({ port }) => {
    const wire = new Wire(port);
    const etag = field(await wire.ask("/a.css"), "etag") as string;
    for (
      const [range, status, body, contentRange] of [
        ["bytes=0-3", 206, "abcd", "bytes 0-3/26"],
        ["bytes=22-", 206, "wxyz", "bytes 22-25/26"],
        ["bytes=-4", 206, "wxyz", "bytes 22-25/26"],
        ["bytes=-100", 206, "abcdefghijklmnopqrstuvwxyz", "bytes 0-25/26"],
        ["bytes=24-1000", 206, "yz", "bytes 24-25/26"],
        ["Bytes=1-1", 206, "b", "bytes 1-1/26"],
        ["bytes=1-1,", 206, "b", "bytes 1-1/26"],
        ["bytes=0-0, 90-99", 206, "a", "bytes 0-0/26"],
        ["bytes=26-", 416, "Range Not Satisfiable\n", "bytes */26"],
        ["bytes=-0", 416, "Range Not Satisfiable\n", "bytes */26"],
        ["bytes=3-1", 200, "abcdefghijklmnopqrstuvwxyz", undefined],
        ["bytes=x-y", 200, "abcdefghijklmnopqrstuvwxyz", undefined],
        ["bytes=-", 200, "abcdefghijklmnopqrstuvwxyz", undefined],
        ["lines=0-3", 200, "abcdefghijklmnopqrstuvwxyz", undefined],
        // Together more than the whole.
        ["bytes=0-,0-,0-", 200, "abcdefghijklmnopqrstuvwxyz", undefined],
        [`bytes=${"0-0,".repeat(60)}`, 200, "abcdefghijklmnopqrstuvwxyz", undefined],
      ] as const
    ) {
      const answer = await wire.ask("/a.css", `Range: ${range}\r\n`);
      assert.deepEqual([answer.status, answer.body, field(answer, "content-range")], [
        status,
        body,
        contentRange,
      ], range);
    }
    for (
      const [condition, status] of [
        [etag, 206],
        [`W/${etag}`, 200],
        ['"x"', 200],
        [DATE, 206],
        ["Tue, 03 Jan 2023 00:00:00 GMT", 200],
      ] as const
    ) {
      const answer = await wire.ask("/a.css", `Range: bytes=0-3\r\nIf-Range: ${condition}\r\n`);
      assert.equal(answer.status, status, condition);
    }
    const several = await wire.ask("/a.css", "Range: bytes=0-1,-2\r\n");
    assert.equal(several.status, 206);
    const [, boundary] =
      /^multipart\/byteranges; boundary=(\w+)$/.exec(field(several, "content-type") as string) ?? [];
    const part = (range: string, text: string) =>
      `\r\n--${boundary}\r\nContent-Type: text/css;charset=UTF-8\r\nContent-Range: bytes ${range}/26\r\n\r\n${text}`;
    assert.equal(several.body, `${part("0-1", "ab")}${part("24-25", "yz")}\r\n--${boundary}--\r\n`);
    assert.equal((await wire.ask("/empty.txt", "Range: bytes=0-\r\n")).status, 416);
    wire.close();
  });
});

test("a large file comes whole, in parts, and to clients that leave", { timeout }, async () => {
  await withSite(async ({ port, pid }) => {
    const url = `http://127.0.0.1:${port}/bytes.bin`;
    const whole = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7 + (i >> 8));
    const bytesOf = async (headers: Record<string, string> = {}) =>
      new Uint8Array(await (await fetch(url, { headers })).arrayBuffer());
    assert.deepEqual(await bytesOf(), whole);
    assert.deepEqual(await bytesOf({ range: "bytes=100-200000" }), whole.subarray(100, 200_001));
    for (let i = 0; i < 5; i++) {
      const wire = new Wire(port);
      wire.socket.pause();
      wire.get("/bytes.bin");
      await wire.connected();
      wire.socket.resetAndDestroy();
    }
    assert.deepEqual(await bytesOf(), whole);
    assert.ok(pid > 0);
  });
});

test("a folder that another takes the place of is served at once", { timeout }, async () => {
  await withSite(async ({ port, folder }) => {
    const wire = new Wire(port);
    assert.equal((await wire.ask("/a.css")).status, 200);
    renameSync(join(folder, "site"), join(folder, "before"));
    assert.equal((await wire.ask("/a.css")).status, 404);
    mkdirSync(join(folder, "site"));
    writeFileSync(join(folder, "site/a.css"), "new");
    assert.equal((await wire.ask("/a.css")).body, "new");
    wire.close();
  });
});

test("default_content_type is the type of files whose ending says nothing", { timeout }, async () => {
  await withSite(async ({ port }) => {
    const wire = new Wire(port);
    assert.equal(field(await wire.ask("/noending"), "content-type"), "text/x-nothing");
    assert.equal(field(await wire.ask("/a.css"), "content-type"), "text/css;charset=UTF-8");
    wire.close();
  }, ["--default_content_type", "text/x-nothing"]);
});

test("files are served by a server without children, too", { timeout }, async () => {
  await withServer(
    ["--app", "/=FOLDER/site"],
    { prepare: makeSite, personality: "Single" },
    async ({ port }) => {
      const wire = new Wire(port);
      assert.equal((await wire.ask("/a.css")).body.length, 26);
      wire.close();
    },
  );
});
