import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { signal, type StartOptions, type TestServer, withServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { noApache, withApache } from "./apache.ts";
import { PROGRAMS, writePrograms } from "./cgi_programs.ts";
import { Wire } from "./wire.ts";

const ONE = ["--max_servers", "1"];
const APPS = Object.keys(PROGRAMS).flatMap((name) => ["--app", `/cgi/${name}=FOLDER/programs/${name}`]);

async function withPrograms(
  args: readonly string[],
  body: (server: TestServer) => Promise<void>,
  options: StartOptions = {},
): Promise<void> {
  const prepare = (folder: string) => writePrograms(join(folder, "programs"));
  await withServer([...ONE, ...APPS, ...args], { prepare, ...options }, body);
}

/** All that comes for a request, up to the end of the connection. */
async function all(port: number, request: string): Promise<string> {
  const wire = new Wire(port);
  wire.send(request);
  return await wire.rest();
}

/** An answer, its parts that differ from server to server left out. */
function essence(
  text: string,
): { status: string; type: string; location: string; cookies: string[]; body: string } {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const field = (name: string) =>
    [...head.matchAll(new RegExp(`^${name}: (.*)$`, "gim"))].map(([, value]) => value ?? "");
  const status = head.slice(9, 12);
  return {
    status,
    type: Number(status) < 300 ? field("content-type").join() : "",
    location: field("location").join(),
    cookies: field("set-cookie"),
    body: Number(status) < 300 ? rest.join("\r\n\r\n") : "",
  };
}

const get = (path: string, fields = "") => `GET ${path} HTTP/1.0\r\nHost: h\r\n${fields}\r\n`;

test("the header of a program says what the client gets", { timeout }, async () => {
  await withPrograms([], async (server) => {
    const { port } = server;
    const plain = (body: string, status = "200") => ({
      status,
      type: "text/plain",
      location: "",
      cookies: [],
      body,
    });
    const none = (status: string, location = "") => ({ status, type: "", location, cookies: [], body: "" });
    for (
      const [name, expected] of [
        ["hello", plain("hello\n")],
        ["crlf", plain("hello\r\n")],
        ["exits", plain("hello\n")],
        ["length", plain("hello")],
        ["stderr", plain("hello\n")],
        ["status", none("404")],
        ["teapot", none("418")],
        ["nocontent", none("204")],
        ["moved", none("302", "http://example.org/x")],
        ["relative", none("302", "other.html")],
        ["seeother", none("303", "/elsewhere")],
        ["cookies", { ...plain(""), cookies: ["a=1", "b=2"] }],
        ["notype", { ...plain("<p>hello"), type: "text/html" }],
        ["silent", none("500")],
        ["fails", none("500")],
        ["malformed", none("500")],
        ["cut", none("500")],
        ["badstatus", none("500")],
        ["badname", none("500")],
        ["loop", none("500")],
      ] as const
    ) assert.deepEqual(essence(await all(port, get(`/cgi/${name}.cgi`))), expected, name);
    assert.match(await all(port, get("/cgi/status.cgi")), /^HTTP\/1\.1 404 Nicht da\r\n[^]*\r\n\r\ngone\n$/);
    await server.says(/a line for the log/);
    await server.says(/it went wrong/);
    await server.says(/silent\.cgi: it has ended without an answer/);
    await server.says(/malformed\.cgi: its header has the line "this is no header", which is no field/);
    await server.says(/CGI pid\(\d+\) \S+fails\.cgi ended with status 3 after/);
  });
});

test("the environment is that of CGI/1.1, and HTTP_PROXY is never in it", { timeout }, async () => {
  const env = {
    HTTP_PROXY: "http://evil",
    HTTP_X_STALE: "1",
    QUERY_STRING: "stale",
    OWN: "kept",
    TINE_ORIGIN_X: "1",
  };
  await withPrograms(["--server_revision", "Test/1"], async (server) => {
    const request =
      "POST /cgi/env.cgi/p%C3%A4th/%2e/x?a=b+c%20d HTTP/1.1\r\nHost: www.example.org:81\r\nConnection: close\r\n" +
      "Content-Type: text/x-own\r\nContent-Length: 3\r\nProxy: http://evil\r\nX-Own: one\r\nX-own: two\r\nX_Own: three\r\n" +
      "Authorization: Basic x\r\nProxy-Authorization: Basic y\r\nCookie: a=b\r\nX-Latin: \xe9\r\n\r\nabc";
    const wire = new Wire(server.port);
    wire.send(request);
    const lines = (await wire.rest()).split("\n");
    const variables = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
    const expected: Record<string, string | undefined> = {
      GATEWAY_INTERFACE: "CGI/1.1",
      CONTENT_LENGTH: "3",
      CONTENT_TYPE: "text/x-own",
      // Bytes, which this client sees one by one. The URL has no segments of dots any more.
      PATH_INFO: "/p\xc3\xa4th/x",
      QUERY_STRING: "a=b+c%20d",
      REMOTE_ADDR: "127.0.0.1",
      REMOTE_HOST: "127.0.0.1",
      REQUEST_METHOD: "POST",
      REQUEST_URI: "/cgi/env.cgi/p%C3%A4th/%2e/x?a=b+c%20d",
      SCRIPT_NAME: "/cgi/env.cgi",
      SCRIPT_FILENAME: join(server.folder, "programs/env.cgi"),
      SERVER_NAME: "www.example.org",
      SERVER_PORT: String(server.port),
      SERVER_PROTOCOL: "HTTP/1.1",
      SERVER_SOFTWARE: "Test/1",
      HTTP_HOST: "www.example.org:81",
      HTTP_X_OWN: "one, two",
      HTTP_X_LATIN: "\xe9",
      HTTP_COOKIE: "a=b",
      HTTP_AUTHORIZATION: "Basic x",
      HTTP_PROXY_AUTHORIZATION: undefined,
      HTTP_PROXY: undefined,
      HTTP_X_STALE: undefined,
      HTTP_CONTENT_LENGTH: undefined,
      TINE_ORIGIN_X: undefined,
      OWN: "kept",
      cwd: join(server.folder, "programs"),
      args: "0",
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(variables[name], value, name);
    const simple = await all(
      server.port,
      "GET /cgi/env.cgi HTTP/1.0\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    );
    assert.match(simple, /^QUERY_STRING=$/m);
    assert.match(simple, /^SERVER_PROTOCOL=HTTP\/1\.0$/m);
    assert.doesNotMatch(simple, /^(?:PATH_INFO|CONTENT_LENGTH)=/m);
    assert.equal(essence(await all(server.port, get("/cgi/env.cgi/a%2Fb"))).status, "404");
    assert.equal(essence(await all(server.port, get("/cgi/env.cgi/a%00b"))).status, "404");
    assert.equal(essence(await all(server.port, get("/cgi/env.cgi/a%zz"))).status, "400");
  }, { env });
});

test("a local redirect is a GET of another path within the server", { timeout }, async () => {
  await withPrograms([], async ({ port }) => {
    const text = await all(port, "POST /cgi/local.cgi HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /^REQUEST_METHOD=GET$/m);
    assert.match(text, /^PATH_INFO=\/info$/m);
    assert.match(text, /^QUERY_STRING=x=y$/m);
    assert.doesNotMatch(text, /^CONTENT_/m);
  });
});

test("bodies go in and out, large ones and in chunks, and the connection stays", { timeout }, async () => {
  await withPrograms([], async ({ port }) => {
    const url = `http://127.0.0.1:${port}/cgi`;
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 7 + (i >> 8));
    const echoed = async (body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>) => {
      const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
      return new Uint8Array(await (await fetch(`${url}/echo.cgi`, init)).arrayBuffer());
    };
    assert.deepEqual(await echoed(bytes), bytes);
    assert.deepEqual(await echoed(new Blob([bytes]).stream()), bytes);
    assert.equal((await (await fetch(`${url}/large.cgi`)).text()).length, 3_000_000);
    const wire = new Wire(port);
    for (let i = 0; i < 3; i++) assert.equal((await wire.ask("/cgi/length.cgi")).body, "hello");
    // A program that does not read what it is sent.
    wire.send(`POST /cgi/length.cgi HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc`);
    assert.equal((await wire.answer()).body, "hello");
    wire.send("HEAD /cgi/length.cgi HTTP/1.0\r\nHost: h\r\n\r\n");
    assert.match(await wire.rest(), /\r\nContent-Length: 5\r\n(.+\r\n)*\r\n$/);
    const large = new Wire(port);
    large.send(
      `POST /cgi/length.cgi HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n${"x".repeat(100_000)}`,
    );
    assert.equal((await large.answer()).body, "hello");
    large.close();
  });
});

for (const name of ["waits", "nph-waits"]) {
  test(
    `${name}: what a program says is sent as it says it, and others are served meanwhile`,
    { timeout },
    async () => {
      await withPrograms([], async ({ port, folder }) => {
        const go = join(folder, "go");
        const wire = new Wire(port);
        wire.send(get(`/cgi/${name}.cgi?${go}`));
        let text = "";
        wire.socket.on("data", (part) => text += part);
        await until(() => text.includes("first"), "the first part");
        const other = new Wire(port);
        assert.equal((await other.ask("/cgi/length.cgi")).body, "hello");
        other.close();
        writeFileSync(go, "");
        assert.match(await wire.rest(), /first\nsecond\n$/);
      });
    },
  );
}

test("nph- has the whole word", { timeout }, async () => {
  await withPrograms([], async ({ port }) => {
    assert.equal(
      await all(port, "GET /cgi/nph-raw.cgi HTTP/1.1\r\nHost: h\r\n\r\n"),
      "HTTP/1.1 299 Own\r\nX-Own: yes\r\nContent-Length: 5\r\n\r\nhello",
    );
  });
});

function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** The processes that a program has written down. */
async function pidsIn(file: string): Promise<number[]> {
  const text = () => existsSync(file) ? readFileSync(file, "utf8") : "";
  await until(() => text().endsWith("\n"), "the program has started");
  return text().trim().split(" ").map(Number);
}

for (
  const [name, status] of [["mute", 504], ["stays", 200], ["stubborn", 504]] as const
) {
  test(`${name}: exec_timeout ends a program with its process group`, { timeout }, async () => {
    await withPrograms(["--exec_timeout", "0.3", "--exec_kill_after", "0.3"], async (server) => {
      const file = join(server.folder, "pids");
      const text = await all(
        server.port,
        `GET /cgi/${name}.cgi?${file} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
      );
      assert.equal(essence(text).status, String(status));
      // There is no end of an answer that was broken off.
      if (status === 200) assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
      for (const pid of await pidsIn(file)) await until(() => isGone(pid), `the end of ${pid}`);
      await server.says(/exceeds exec_timeout \(0\.3 s\): sending SIGTERM/);
      if (name === "stubborn") await server.says(/did not end within 0\.3 s of SIGTERM: sending SIGKILL/);
    });
  });
}

test("a program ends when its client has gone, and that shows", { timeout }, async () => {
  await withPrograms(["--log_level", "3"], async (server) => {
    const wire = new Wire(server.port);
    wire.socket.pause();
    wire.get("/cgi/large.cgi");
    await wire.connected();
    await server.says(/CGI pid\(\d+\) \S+large\.cgi starts/);
    wire.socket.resetAndDestroy();
    await server.says(/CGI pid\(\d+\) \S+large\.cgi (?:was ended by SIG\w+|ended with status \d+) after/);
  });
});

for (
  const [name, signalName] of [["mute", "SIGTERM"], ["stubborn", "SIGTERM"], ["mute", "SIGHUP"]] as const
) {
  test(`${name}: programs end when the server gets ${signalName}`, { timeout }, async () => {
    await withPrograms(["--stop_timeout", "1"], async (server) => {
      const file = join(server.folder, "pids");
      const wire = new Wire(server.port);
      wire.get(`/cgi/${name}.cgi?${file}`);
      const pids = await pidsIn(file);
      signal(server.pid, signalName);
      if (signalName === "SIGHUP") assert.equal((await wire.answer()).status, 503);
      else await server.end();
      for (const pid of pids) await until(() => isGone(pid), `the end of ${pid}`);
    });
  });
}

test("programs run in a server without children, too", { timeout }, async () => {
  await withServer(APPS, {
    personality: "Single",
    prepare: (folder) => writePrograms(join(folder, "programs")),
  }, async ({ port }) => {
    const wire = new Wire(port);
    for (let i = 0; i < 3; i++) assert.equal((await wire.ask("/cgi/length.cgi")).body, "hello");
    wire.send("POST /cgi/echo.cgi HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    assert.match(await wire.rest(), /\r\n\r\nabc$/);
  });
});

test("answers to programs are those of Apache's mod_cgi", { timeout, skip: noApache }, async () => {
  // Apache leaves out the type where a program names none, and has another limit of what a status is.
  const names = Object.keys(PROGRAMS).filter((name) =>
    !/^(?:env|waits|nph-waits|stays|mute|stubborn|notype|local)/.test(name)
  );
  await withPrograms([], async (server) => {
    await withApache(server.folder, async (port) => {
      for (const name of names) {
        for (const method of ["GET", "HEAD", "POST"]) {
          const request = `${method} /cgi/${name} HTTP/1.0\r\nHost: h\r\n${
            method === "POST" ? "Content-Length: 3\r\n\r\nabc" : "\r\n"
          }`;
          const [own, theirs] = [await all(server.port, request), await all(port, request)].map(essence);
          if (theirs?.type === "" && own?.type === "text/html") own.type = "";
          assert.deepEqual(own, theirs, `${method} ${name}`);
        }
      }
      const lines = async (where: number) =>
        (await all(where, get("/cgi/env.cgi/a%20b/c?d=e%20f", "X-Own: 1\r\nX_Own: 2\r\nProxy: x\r\n"))).split(
          "\n",
        );
      const [own, theirs] = [await lines(server.port), await lines(port)];
      const same =
        /^(?:GATEWAY_INTERFACE|PATH_INFO|QUERY_STRING|REMOTE_ADDR|REQUEST_\w+|SCRIPT_\w+|SERVER_(?:ADDR|NAME|PROTOCOL)|HTTP_\w+|CONTENT_\w+|cwd|args)=/;
      assert.deepEqual(own.filter((line) => same.test(line)), theirs.filter((line) => same.test(line)));
    });
  });
});
