import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { onBun, signal, type StartOptions, type TestServer, withServer } from "../support/server.ts";
import { noApache, withApache } from "./apache.ts";
import { Wire } from "./wire.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const FIXTURES = new URL("fixtures/apps", import.meta.url).pathname;
const ONE = ["--max_servers", "1"];

/** A folder with two sites, a program, and the modules of the fixtures. */
function prepare(folder: string): void {
  for (const name of ["a", "b"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "index.html"), `site ${name}`);
  }
  cpSync(FIXTURES, folder, { recursive: true });
  writeFileSync(
    join(folder, "run.cgi"),
    "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; echo \"run $SCRIPT_NAME $PATH_INFO\"\n",
  );
  chmodSync(join(folder, "run.cgi"), 0o755);
  writeFileSync(join(folder, "plain.txt"), "no program");
}

async function withApps(
  apps: readonly string[],
  body: (server: TestServer) => Promise<void>,
  options: StartOptions = {},
  more: readonly string[] = [],
): Promise<void> {
  const args = apps.flatMap((app) => ["--app", app]);
  await withServer([...ONE, ...args, ...more], { prepare, ...options }, body);
}

async function answers(port: number, expected: Readonly<Record<string, string | number>>): Promise<void> {
  for (const [path, answer] of Object.entries(expected)) {
    const wire = new Wire(port);
    // Up to the end of the connection: what a program says comes in chunks otherwise, if it takes its time.
    wire.send(`GET ${path} HTTP/1.0\r\nHost: h\r\n\r\n`);
    const [head = "", body = ""] = (await wire.rest()).split("\r\n\r\n");
    assert.equal(typeof answer === "number" ? Number(head.slice(9, 12)) : body.trimEnd(), answer, path);
  }
}

test("the first location that matches serves the request, whatever its target is", { timeout }, async () => {
  await withApps([
    "/api=FOLDER/api.ts",
    "/cgi FOLDER/run.cgi",
    "/b=FOLDER/b",
    "/careful=FOLDER/careful.ts",
    "/=FOLDER/a",
  ], async (server) => {
    await answers(server.port, {
      "/": "site a",
      "/index.html": "site a",
      "/api": "api GET /api",
      "/api/x?y=z": "api GET /api/x?y=z",
      "/%61pi/x": "api GET /%61pi/x",
      "/apix": 404,
      "/b": 301,
      "/b/": "site b",
      "/b/../api/x": "api GET /api/x",
      "/cgi": "run /cgi",
      "/cgi/x/y": "run /cgi /x/y",
      "/api/throws": 500,
      "/careful": "caught it throws",
    });
    await server.says(/Dispatch: \/api => \/\S+\/api\.ts\n/);
    await server.says(/Dispatch: \/b => \/\S+\/b\/\n/);
    await server.says(/GET \/api\/throws: the handler threw Error: it throws|the handler threw/);
    const wire = new Wire(server.port);
    wire.send("POST /api HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    assert.equal((await wire.answer()).body, "api POST /api body");
    wire.close();
  });
});

test("the first target serves / too, where no location is /", { timeout }, async () => {
  await withApps(["/b/=FOLDER/b", "/api=FOLDER/api.ts"], async (server) => {
    await answers(server.port, {
      "/": "site b",
      "/b/": "site b",
      "/b": 404,
      "/api/": "api GET /api/",
      "/nothing": 404,
    });
    await server.says(/Dispatch: \/ => \/\S+\/b\/ \(default\)\n/);
  });
  await withApps(["FOLDER/run.cgi"], async ({ port, folder }) => {
    await answers(port, { [`${folder}/run.cgi/x`]: `run ${folder}/run.cgi /x`, "/y": "run  /y" });
  });
});

test("with enable_dispatch the handler serves what no location matches", { timeout }, async () => {
  const handler = join(FIXTURES, "handler.ts");
  await withApps(
    ["/api=FOLDER/api.ts"],
    async ({ port }) => {
      await answers(port, { "/": "handler /", "/api/x": "api GET /api/x", "/x": "handler /x" });
    },
    { handler },
    ["--enable_dispatch"],
  );
});

test("default_content_type is the type of all answers that name none", { timeout }, async () => {
  await withApps(
    ["/=FOLDER/api.ts"],
    async ({ port }) => {
      const wire = new Wire(port);
      assert.match((await wire.ask("/bytes")).head, /^content-type: text\/x-own\r$/im);
      assert.match((await wire.ask("/")).head, /^content-type: text\/plain;charset=UTF-8\r$/im);
      wire.close();
    },
    {},
    ["--default_content_type", "text/x-own"],
  );
});

test(
  "in a configuration file a target is relative to that, and app alone makes it HTTP",
  { timeout },
  async () => {
    const files = { "site.toml": 'app = ["/api=./api.ts", "/=a"]\n' };
    await withServer([...ONE, "--conf_file", "FOLDER/site.toml"], { files, prepare }, async ({ port }) => {
      await answers(port, { "/": "site a", "/api": "api GET /api" });
    });
  },
);

/** What `tine check` says, with its status. */
function check(
  folder: string,
  args: readonly string[],
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...(onBun ? [] : ["run", "-A", "--no-check"]), "cli.ts", "check", ...args],
    { cwd: ROOT, encoding: "utf8", env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" } },
  );
  return { status, said: (stdout + stderr).replaceAll(folder, "FOLDER") };
}

test("check finds what a start would, with place and remedy", { timeout }, async () => {
  await withApps(["/=FOLDER/a"], async ({ folder, port }) => {
    await answers(port, { "/": "site a" });
    const file = join(folder, "bad.toml");
    const faults: [string, number, RegExp][] = [
      [
        'app = "/x=./nothing"',
        66,
        /bad\.toml:1:7: Cannot set app to "\/x=\.\/nothing": no such file: FOLDER\/nothing; give/,
      ],
      [
        'app = "./plain.txt"',
        77,
        /bad\.toml:1:7: Cannot set app to ".*": FOLDER\/plain\.txt is no folder, no module and not executable; make it executable \(chmod \+x\)/,
      ],
      [
        'app = ["/x=a", "x=b"]',
        78,
        /bad\.toml:1:16: Cannot set app to "x=b": "\/x=a" has the location \/x already; remove one of the two/,
      ],
      ['app = ""', 78, /bad\.toml:1:7: Cannot set app to "": it is empty; give/],
      ['app = "/x=./broken.ts"', 78, /bad\.toml:1:7: Cannot load handler FOLDER\/broken\.ts: /],
      [
        'app = "/x=./echo.ts"',
        78,
        /bad\.toml:1:7: Cannot set app to ".*": the default export of FOLDER\/echo\.ts has no fetch; export an object with fetch/,
      ],
      [
        'app = "/x=./hooked.ts"',
        78,
        /FOLDER\/hooked\.ts has hooks, which an app cannot have; give it to the handler of the server/,
      ],
      [
        'app = "/x=a"\nexec = "cat"',
        78,
        /Cannot set exec: a handler with fetch, or HTTP, would serve the same clients/,
      ],
      [
        'app = "/x=a"\nhandler = "handler.ts"',
        78,
        /bad\.toml:1:7: Cannot set app: the handler has fetch, which would serve the same requests; set enable_dispatch/,
      ],
      [
        'app = "/x=a"\nhandler = "echo.ts"',
        78,
        /Cannot set app: the handler has a processRequest, which does not speak HTTP; remove one/,
      ],
      [
        'app = "/x=a"\nallow_body_on_all_statuses = true',
        78,
        /Cannot set allow_body_on_all_statuses: it has no counterpart in Tine; remove it: on a connection that stays open/,
      ],
      [
        'app = "/x=a"\ndefault_content_type = "text"',
        78,
        /Cannot set default_content_type to "text": it is no content type; give one such as/,
      ],
    ];
    writeFileSync(join(folder, "broken.ts"), "export default {{;");
    writeFileSync(join(folder, "echo.ts"), "export default () => {};");
    writeFileSync(join(folder, "hooked.ts"), "export default { fetch: () => new Response(), hooks: {} };");
    for (const [text, status, said] of faults) {
      writeFileSync(file, `${text}\n`);
      const result = check(folder, [file]);
      assert.match(result.said, said);
      assert.equal(result.status, status, text);
    }
    writeFileSync(file, 'app = ["/=a", "/api=./api.ts"]\nenable_dispatch = false\n');
    const good = check(folder, [file]);
    assert.equal(good.status, 0, good.said);
    assert.match(good.said, /^app = \["\/ FOLDER\/a\/", "\/api FOLDER\/api\.ts"\]/m);
    writeFileSync(file, 'app = ["/api=./api.ts", "/=."]\n');
    const exposed = check(folder, [file]);
    assert.equal(exposed.status, 0, exposed.said);
    assert.match(
      exposed.said,
      /app FOLDER\/api\.ts lies in FOLDER\/, which serves its text to everybody; move/,
    );
    assert.match(
      good.said,
      /app \/api is never used: \/ stands before it and serves all of it; put \/api first/,
    );
  });
});

test("a reload tries the apps first, and children have the new ones", { timeout }, async () => {
  await withApps(["/api=FOLDER/api.ts", "/=FOLDER/a"], async (server) => {
    const module = join(server.folder, "api.ts");
    const text = readFileSync(module, "utf8");
    // The child has loaded it.
    await answers(server.port, { "/api": "api GET /api" });
    writeFileSync(module, "export default {{;");
    signal(server.pid, "SIGHUP");
    await server.says(/Cannot load handler \S+api\.ts/);
    await answers(server.port, { "/api": "api GET /api", "/": "site a" });
    writeFileSync(module, text.replace("`api ", "`new "));
    signal(server.pid, "SIGHUP");
    await server.says(/Reloaded in /);
    await answers(server.port, { "/api": "new GET /api", "/": "site a" });
  });
});

test("watch reloads when the module of an app changes", { timeout }, async () => {
  await withApps(
    ["/api=FOLDER/api.ts"],
    async (server) => {
      const module = join(server.folder, "api.ts");
      await answers(server.port, { "/api": "api GET /api" });
      await server.says(/[Ww]atch/);
      writeFileSync(module, readFileSync(module, "utf8").replace("`api ", "`new "));
      await server.says(/api\.ts has changed/);
      await server.says(/Reloaded in /);
      await answers(server.port, { "/api": "new GET /api" });
    },
    {},
    ["--watch"],
  );
});

test("files are served as Apache serves them", { timeout, skip: noApache }, async () => {
  const site = (folder: string) => {
    mkdirSync(join(folder, "site/sub"), { recursive: true });
    writeFileSync(join(folder, "site/index.html"), "<p>home");
    writeFileSync(join(folder, "site/a.txt"), "abcdefghijklmnopqrstuvwxyz");
    writeFileSync(join(folder, "site/sub/index.html"), "sub");
  };
  await withServer([...ONE, "--app", "/=FOLDER/site"], { prepare: site }, async (server) => {
    await withApache(server.folder, async (port) => {
      const essence = async (where: number, path: string, fields: string) => {
        const wire = new Wire(where);
        wire.send(`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${fields}\r\n`);
        const [head = "", ...body] = (await wire.rest()).split("\r\n\r\n");
        const field = (name: string) => new RegExp(`^${name}: (.*?)\r?$`, "im").exec(head)?.[1];
        const status = Number(head.slice(9, 12));
        const boundary = /boundary=(\S+)/.exec(head)?.[1] ?? "no boundary";
        return {
          status,
          modified: status < 400 ? field("last-modified") : undefined,
          range: status < 400 ? field("content-range") : undefined,
          location: field("location"),
          type: status < 300 ? field("content-type")?.replace(/;charset=UTF-8$|boundary=.*/, "") : undefined,
          body: status < 300
            ? body.join("\r\n\r\n").replaceAll(boundary, "B").replace(
              /^content-\w+/gim,
              (name) => name.toLowerCase(),
            ).replace(
              /;charset=UTF-8/g,
              "",
            )
            : "",
        };
      };
      const modified = (await essence(port, "/a.txt", "")).modified;
      for (
        const [path, fields] of [
          ["/", ""],
          ["/a.txt", ""],
          ["/sub", ""],
          ["/sub/", ""],
          ["/nothing", ""],
          ["/a.txt/x", ""],
          ["/a%2ftxt", ""],
          ["/a.txt%00", ""],
          ["/%61.txt", ""],
          ["/%zz", ""],
          ["/a.txt", `If-Modified-Since: ${modified}\r\n`],
          ["/a.txt", 'If-Match: "x"\r\n'],
          ["/a.txt", "If-None-Match: *\r\n"],
          ["/a.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"],
          ["/a.txt", "Range: bytes=0-3\r\n"],
          ["/a.txt", "Range: bytes=-3\r\n"],
          ["/a.txt", "Range: bytes=3-\r\n"],
          ["/a.txt", "Range: bytes=0-1,5-6\r\n"],
          ["/a.txt", "Range: bytes=100-\r\n"],
          ["/a.txt", "Range: bytes=5-1\r\n"],
          ["/a.txt", "Range: letters=0-1\r\n"],
          ["/a.txt", 'Range: bytes=0-3\r\nIf-Range: "x"\r\n'],
        ] as const
      ) {
        assert.deepEqual(
          await essence(server.port, path, fields),
          await essence(port, path, fields),
          `${path} ${fields}`,
        );
      }
    });
  });
});
