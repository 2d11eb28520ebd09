import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { signal, withServer } from "../support/server.ts";
import { lacks, tine, withTcpserver } from "../support/super_server.ts";
import { until } from "../support/until.ts";
import { Wire } from "./wire.ts";

const file = (name: string) => new URL(`fixtures/${name}`, import.meta.url).pathname;
const app = { handler: file("app.ts") };
const ONE = ["--max_servers", "1"];
const noCurl = spawnSync("curl", ["--version"]).status === 0 ? false : "no curl";

test("many requests come over one connection, up to max_keepalive_requests", { timeout }, async () => {
  await withServer([...ONE, "--max_keepalive_requests", "20"], app, async ({ port }) => {
    const wire = new Wire(port);
    for (let i = 1; i <= 20; i++) {
      const { status, body, closes } = await wire.ask("/");
      assert.deepEqual([status, body, closes], [200, "hello", i === 20]);
    }
    assert.equal(await wire.rest(), "");
  });
});

test("a header that does not come gets 408, and a client that says nothing is left without a word", {
  timeout,
}, async () => {
  await withServer([...ONE, "--timeout_header", "0.3"], app, async ({ port }) => {
    const silent = new Wire(port);
    const half = new Wire(port);
    half.send("GET / HTTP/1.1\r\nHo");
    const { status, closes } = await half.answer();
    assert.deepEqual([status, closes], [408, true]);
    assert.equal(await half.rest(), "");
    assert.equal(await silent.rest(), "");
  });
});

test("a body that does not come gets 408", { timeout }, async () => {
  await withServer([...ONE, "--timeout_idle", "0.3"], app, async ({ port }) => {
    const wire = new Wire(port);
    wire.send("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
    assert.equal((await wire.answer()).status, 408);
    assert.equal(await wire.rest(), "");
  });
});

test("a client that does not read is given up after timeout_idle", { timeout }, async () => {
  await withServer([...ONE, "--timeout_idle", "0.3"], app, async (server) => {
    const wire = new Wire(server.port);
    wire.socket.pause();
    wire.get("/bytes?n=200000000");
    await until(() => server.trail.some(({ hook }) => hook === "cancelled"), "the end of the stream");
    wire.close();
    assert.equal((await new Wire(server.port).ask("/", "Connection: close\r\n")).body, "hello");
  });
});

test("an idle connection is closed after keepalive_timeout, without a word", { timeout }, async () => {
  await withServer([...ONE, "--keepalive_timeout", "0.3"], app, async ({ port }) => {
    const wire = new Wire(port);
    assert.equal((await wire.ask("/")).body, "hello");
    assert.equal(await wire.rest(), "");
  });
});

for (const personality of ["PreForkSimple", "Single"]) {
  test(
    `${personality}, one client at a time: who is idle gives way when another waits`,
    { timeout },
    async () => {
      const args = personality === "Single" ? [] : [...ONE, "--max_clients", "1"];
      const never = ["--keepalive_timeout", "0", "--timeout_header", "0"];
      await withServer([...args, ...never], { ...app, personality }, async ({ port }) => {
        const idle = new Wire(port);
        assert.equal((await idle.ask("/")).body, "hello");
        const silent = new Wire(port);
        await silent.connected();
        const third = new Wire(port);
        assert.equal((await third.ask("/")).body, "hello");
        // The first gave way to the second, which said nothing, and gave way to the third.
        assert.equal(await idle.rest(), "");
        assert.equal(await silent.rest(), "");
        third.close();
      });
    },
  );
}

test(
  "one client at a time: who is idle and lonely stays, and a new request is served",
  { timeout },
  async () => {
    await withServer([...ONE, "--max_clients", "1"], app, async ({ port }) => {
      const wire = new Wire(port);
      for (let i = 0; i < 3; i++) {
        assert.equal((await wire.ask("/")).body, "hello");
        await new Promise((resolve) => setImmediate(resolve));
      }
      wire.close();
    });
  },
);

test("a full child has room for who waits, at the cost of who is idle", { timeout }, async () => {
  const args = [...ONE, "--max_clients", "4", "--keepalive_timeout", "0", "--timeout_header", "0"];
  await withServer(args, app, async ({ port }) => {
    const idle = Array.from({ length: 4 }, () => new Wire(port));
    for (const wire of idle) assert.equal((await wire.ask("/")).body, "hello");
    const late = new Wire(port);
    assert.equal((await late.ask("/")).body, "hello");
    await until(() => idle.some(({ ended }) => ended), "the end of one that was idle");
    for (const wire of [...idle, late]) wire.close();
  });
});

test("clients that send half a request and no more keep nobody else waiting", { timeout }, async () => {
  await withServer([...ONE, "--max_clients", "64"], app, async ({ port }) => {
    const halves = Array.from({ length: 40 }, (_, i) => {
      const wire = new Wire(port);
      if (i % 2 === 0) wire.send("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
      else wire.send("GET / HT");
      return wire;
    });
    await Promise.all(halves.map((wire) => wire.connected()));
    const wire = new Wire(port);
    for (let i = 0; i < 20; i++) assert.equal((await wire.ask("/")).body, "hello");
    for (const one of [...halves, wire]) one.close();
  });
});

test("a client that has closed its sending half still gets its answer", { timeout }, async () => {
  await withServer(ONE, app, async ({ port }) => {
    for (const path of ["/", "/wait", "/bytes?n=300000"]) {
      const wire = new Wire(port);
      wire.socket.end(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
      const text = await wire.rest();
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
      assert.ok(/hello$|waited$|\r\n0\r\n\r\n$/.test(text), path);
    }
  });
});

test(
  "the signal is aborted when the client goes, and completed tells of both ends",
  { timeout },
  async () => {
    await withServer(ONE, app, async (server) => {
      const said = (word: string) => until(() => server.trail.some(({ hook }) => hook === word), word);
      const wire = new Wire(server.port);
      wire.get("/signal");
      await said("waits");
      wire.close();
      await said("aborted:AbortError");
      const broken = new Wire(server.port);
      broken.socket.pause();
      broken.get("/completed");
      await broken.connected();
      broken.socket.resetAndDestroy();
      await said("broken");
      const whole = new Wire(server.port);
      assert.equal((await whole.ask("/done")).body, "done");
      await said("completed");
      whole.close();
    });
  },
);

test("a Request is one in every respect", { timeout }, async () => {
  await withServer(ONE, app, async ({ port }) => {
    const url = `http://127.0.0.1:${port}`;
    const post = (path: string, body: string | FormData) =>
      fetch(url + path, { method: "POST", body, headers: { "x-a": "b" } });
    assert.deepEqual(await (await post("/facts", "text")).json(), {
      isRequest: true,
      copy: ["POST", `${url}/facts`, "b", "text"],
      again: ["POST", `${url}/facts`, "b", "1", "text"],
      redirect: "follow",
      signal: false,
    });
    assert.equal(await (await post("/twice", "text")).text(), "text TypeError true");
    assert.deepEqual(await (await post("/json", '{"a":[1]}')).json(), { a: [1] });
    assert.equal((await post("/json", "{")).status, 500);
    const form = new FormData();
    form.set("word", "täglich");
    assert.deepEqual(await (await post("/form", form)).json(), { word: "täglich" });
    assert.equal(await (await post("/blob", "12345")).text(), "5");
    assert.equal(await (await post("/buffer", "123456")).text(), "6");
    assert.equal(await (await fetch(`${url}/generator`)).text(), "abc");
    const info = await (await fetch(`${url}/info`)).json();
    assert.equal(info.localAddr.port, port);
    assert.equal(info.remoteAddr.hostname, "127.0.0.1");
    assert.equal(info.tls, true);
  });
});

test("bodies of megabytes go up, down and through, as they come", { timeout }, async () => {
  await withServer(ONE, app, async ({ port }) => {
    const url = `http://127.0.0.1:${port}`;
    const body = new Uint8Array(5_000_000).map((_, i) => i % 251);
    const counted = await fetch(`${url}/count`, { method: "POST", body });
    assert.equal(await counted.text(), `${body.length}`);
    const echoed = new Uint8Array(await (await fetch(`${url}/echo`, { method: "POST", body })).arrayBuffer());
    assert.ok(Buffer.from(echoed).equals(Buffer.from(body)));
    const chunked = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 50; i++) controller.enqueue(new Uint8Array(100_000));
        controller.close();
      },
    });
    const init = { method: "POST", body: chunked, duplex: "half" } as RequestInit;
    assert.equal(await (await fetch(`${url}/count`, init)).text(), "5000000");
    assert.equal((await (await fetch(`${url}/bytes?n=5000000`)).arrayBuffer()).byteLength, 5_000_000);
  });
});

/** Around what is put together in one piece, and what is not. */
const SIZES = [
  1,
  1000,
  8191,
  8193,
  21845,
  21846,
  24576,
  24577,
  57344,
  65503,
  65536,
  65537,
  73600,
  73728,
  73729,
  300_000,
];

test("answers of all sizes arrive whole, with small headers and long ones", { timeout }, async () => {
  await withServer(ONE, app, async ({ port }) => {
    for (const as of ["text", "bytes", "stream"]) {
      for (const n of SIZES) {
        for (const head of [0, 8000, 20_000]) {
          // A client of one's own: some have a limit for what a server may say before its body.
          const wire = new Wire(port);
          wire.get(`/sized?n=${n}&as=${as}&head=${head}`, "Connection: close\r\n");
          const text = await wire.rest();
          const end = text.indexOf("\r\n\r\n") + 4;
          const expected = Buffer.from("0123456789ä".repeat(n / 12 + 1).slice(0, n)).toString("latin1");
          const body = as === "stream" ? unchunked(text.slice(end)) : text.slice(end);
          assert.ok(body === expected, `${as} ${n} ${head}: ${body.length} of ${expected.length}`);
        }
      }
    }
  });
});

/** The data of chunks. */
function unchunked(text: string): string {
  let [data, rest] = ["", text];
  for (;;) {
    const end = rest.indexOf("\r\n");
    const size = parseInt(rest.slice(0, end), 16);
    if (size === 0) return data;
    data += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
}

test("chunks that break are 400 too where they were to be sent back", { timeout }, async () => {
  await withServer(ONE, app, async ({ port }) => {
    const wire = new Wire(port);
    wire.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
    assert.equal((await wire.answer()).status, 400);
    assert.equal(await wire.rest(), "");
  });
});

test(
  "a body that is too long to be thrown away ends the connection, behind the answer",
  { timeout },
  async () => {
    await withServer(ONE, app, async ({ port }) => {
      const wire = new Wire(port);
      wire.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n${"x".repeat(300_000)}`);
      const { status, closes } = await wire.answer();
      assert.deepEqual([status, closes], [200, true]);
      assert.equal(await wire.rest(), "");
    });
  },
);

test("a client that is denied gets 403, and the log has the reason", { timeout }, async () => {
  await withServer([...ONE, "--deny", "127.0.0.1", "--allow", ".*"], app, async (server) => {
    const { status, body } = await new Wire(server.port).ask("/");
    assert.deepEqual([status, body], [403, "Forbidden\n"]);
    await server.says(/DENY 127\.0\.0\.1:\d+: deny 127\.0\.0\.1/);
  });
  const own = { handler: file("hooked.ts"), env: { DENIES: "1" } };
  await withServer([...ONE, "--deny", "127.0.0.1", "--allow", ".*"], own, async ({ port }) => {
    assert.equal(await new Wire(port).rest(), "go away\r\n");
  });
});

test("hooks, options and the function for errors work beside fetch", { timeout }, async () => {
  await withServer([...ONE, "--greeting", "moin"], { handler: file("hooked.ts") }, async (server) => {
    const wire = new Wire(server.port);
    assert.equal((await wire.ask("/")).body, "moin");
    const { status, body } = await wire.ask("/handled");
    assert.deepEqual([status, body], [502, "an error page"]);
    const failed = await wire.ask("/other");
    assert.deepEqual([failed.status, failed.body], [500, "Internal Server Error\n"]);
    wire.close();
    await server.says(/childInit was called/);
    await server.says(/GET \/other: the handler threw Error: \/other/);
    await server.says(/postClientConnection was called/);
    assert.equal(server.count(/the handler threw Error: \/handled/), 0);
  });
});

test("an application of a framework is served as it is", { timeout }, async () => {
  await withServer(ONE, { handler: file("framework.ts") }, async (server) => {
    const wire = new Wire(server.port);
    assert.equal((await wire.ask("/")).body, "from a framework");
    assert.equal((await wire.ask("/none")).status, 500);
    wire.close();
    await server.says(/the handler threw Error: no route/);
  });
});

test("tine HTTP alone answers with a page that shows the request", { timeout }, async () => {
  await withServer(ONE, { personality: "HTTP" }, async ({ port }) => {
    const page = await fetch(`http://127.0.0.1:${port}/a?b=%3Cc%3E`, { method: "POST", body: "<script>" });
    assert.equal(page.headers.get("content-type"), "text/html;charset=UTF-8");
    const text = await page.text();
    assert.match(text, /<h1>POST \/a\?b=%3Cc%3E<\/h1>/);
    assert.match(text, /<td>&#60;script&#62;<\/td>/);
    assert.doesNotMatch(text, /<script>|<c>/);
  });
});

for (const personality of ["PreFork", "Fork", "Single"]) {
  test(`HTTP works on ${personality}`, { timeout }, async () => {
    await withServer([], { ...app, personality }, async ({ port }) => {
      const wire = new Wire(port);
      for (let i = 0; i < 3; i++) assert.equal((await wire.ask("/")).body, "hello");
      wire.close();
    });
  });
}

test("HTTP works on a Unix socket", { timeout }, async () => {
  const options = { ...app, ports: 0, wait: false };
  await withServer([...ONE, "--port", "FOLDER/http.sock|unix"], options, async (server) => {
    await server.says(/Listening on/);
    const wire = new Wire(`${server.folder}/http.sock`);
    assert.equal((await wire.ask("/")).body, "hello");
    wire.close();
  });
});

test("curl is served", { timeout, skip: noCurl }, async () => {
  await withServer(ONE, app, ({ port }) => {
    const url = `http://127.0.0.1:${port}`;
    const curl = (...args: string[]) => spawnSync("curl", ["-s", ...args], { encoding: "utf8" }).stdout;
    assert.equal(curl(`${url}/`, `${url}/`), "hellohello");
    assert.equal(curl("-d", "x".repeat(2000), `${url}/count`), "2000");
    assert.equal(curl("-H", "Expect: 100-continue", "-d", "abc", `${url}/echo`), "abc");
    assert.equal(curl("-H", "Transfer-Encoding: chunked", "-d", "abc", `${url}/echo`), "abc");
    assert.equal(curl("-0", `${url}/bytes?n=100000`).length, 100000);
    assert.match(curl("-I", `${url}/`), /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 5\r\n\r\n$/);
    return Promise.resolve();
  });
});

test("while the server drains, a request is answered and the connection closed", { timeout }, async () => {
  await withServer([...ONE, "--keepalive_timeout", "60"], app, async (server) => {
    const idle = new Wire(server.port);
    const busy = new Wire(server.port);
    assert.equal((await idle.ask("/")).closes, false);
    busy.get("/wait");
    await until(() => server.trail.some(({ hook }) => hook === "waits"), "the request");
    signal(server.pid, "SIGQUIT");
    await server.says(/Attempting a slow shutdown/);
    const { body, closes } = await busy.answer();
    assert.deepEqual([body, closes], ["waited", true]);
    assert.equal(await idle.rest(), "");
    await server.end();
  });
});

test("INET serves the client of a super-server, and keeps its connection", {
  timeout,
  skip: lacks("tcpserver"),
}, async () => {
  const program = [...tine("INET", file("app.ts")), "--log_level", "3"];
  await withTcpserver({ program }, async ({ port }) => {
    const wire = new Wire(port);
    for (let i = 0; i < 3; i++) assert.equal((await wire.ask("/")).body, "hello");
    assert.equal((await wire.ask("/", "Connection: close\r\n")).closes, true);
    assert.equal(await wire.rest(), "");
  });
});

test("run({ fetch }) is an HTTP server", { timeout }, async () => {
  const mod = new URL("../../mod.ts", import.meta.url).pathname;
  const text = `import { run } from ${JSON.stringify(mod)};
const words = { greeting: "moin" };
run({
  fetch: async (request, info) => new Response(\`\${words.greeting} \${await request.text()} \${info.server.pid}\`),
}, { maxServers: 1 });
`;
  await withServer([], { program: ["p.ts"], files: { "p.ts": text } }, async ({ port }) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "you" });
    assert.match(await response.text(), /^moin you \d+$/);
  });
});
