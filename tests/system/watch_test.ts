import assert from "node:assert/strict";
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import {
  Client,
  exchange,
  onBun,
  signal,
  type StartOptions,
  TestServer,
  withServer,
} from "../support/server.ts";
import { pass, until } from "../support/until.ts";

/** A handler that says a word of a module of its own. */
const HANDLER = `import { word } from "./word.ts";
export default async (connection: { print(text: string): Promise<void> }): Promise<void> => {
  await connection.print(word + "\\r\\n");
};
`;
const saying = (word: string) => `export const word: string = ${JSON.stringify(word)};\n`;
const FILES = { "h.ts": HANDLER, "word.ts": saying("first") };

/** What a client of the server hears. */
async function heard({ port }: TestServer): Promise<string> {
  return (await new Client(port).rest()).trim();
}

/** Waits until clients hear this. */
async function untilHeard(server: TestServer, word: string): Promise<void> {
  await until(async () => await heard(server) === word, () => `a client hears ${word}; ${server.text}`);
}

/** Runs `body` with a server that watches its files, in a folder of its own. */
async function withWatched(
  args: readonly string[],
  options: StartOptions,
  body: (server: TestServer, save: (name: string, text: string) => void) => Promise<void>,
): Promise<void> {
  const all = ["--max_servers", "2", "--log_level", "4", "--watch", ...args];
  await withServer(all, { files: FILES, handler: "FOLDER/h.ts", ...options }, async (server) => {
    await server.says(/Watching \d+ files? for changes/);
    await body(server, (name, text) => writeFileSync(join(server.folder, name), text));
  });
}

test("a save of the handler, or of what it imports, is served after a reload", { timeout }, async () => {
  await withWatched([], {}, async (server, save) => {
    assert.equal(await heard(server), "first");
    save("word.ts", saying("second"));
    await server.says(/word\.ts has changed\n[^]*Reloaded in [\d.]+ m?s: 2 new children serve/);
    await untilHeard(server, "second");
    save("h.ts", HANDLER.replace("./word.ts", "./other.ts"));
    save("other.ts", saying("third"));
    await untilHeard(server, "third");
    // It is imported since.
    save("other.ts", saying("fourth"));
    await untilHeard(server, "fourth");
    // An editor that puts a new file in the place of the old one.
    save("other.ts~", saying("fifth"));
    renameSync(join(server.folder, "other.ts~"), join(server.folder, "other.ts"));
    await untilHeard(server, "fifth");
  });
});

test("an error is told with its place, while what was there before is served", { timeout }, async () => {
  await withWatched([], {}, async (server, save) => {
    const children = await server.untilReady(2);
    save("word.ts", "export const word = ;\n");
    await server.says(
      /Cannot restart: Cannot load handler .*word\.ts:1:2\d.*; going on with the present configuration/,
    );
    assert.equal(await heard(server), "first");
    assert.deepEqual(server.ready(), children);
    save("h.ts", HANDLER.replace("./word.ts", "./none/missing.ts"));
    await server.says(/Cannot restart: Cannot load handler .*missing\.ts/);
    mkdirSync(join(server.folder, "none"));
    save("none/missing.ts", saying("found"));
    await untilHeard(server, "found");
  });
});

test("an error that nothing catches is found when a reload is tried", { timeout }, async () => {
  await withWatched([], {}, async (server, save) => {
    await server.untilReady(2);
    save("word.ts", `${saying("second")}Promise.reject(new Error("too late to be caught"));\n`);
    await server.says(/Cannot restart: .*too late to be caught.*; going on with the present configuration/);
    assert.equal(await heard(server), "first");
    save("word.ts", saying("third"));
    await untilHeard(server, "third");
  });
});

test("a try that hangs does not keep a later save waiting", { timeout }, async () => {
  await withWatched([], {}, async (server, save) => {
    await server.untilReady(2);
    const trying = join(server.folder, "trying");
    const hanging = [
      'import { writeFileSync } from "node:fs";',
      saying("second"),
      `writeFileSync(${JSON.stringify(trying)}, "");`,
      "await new Promise((resolve) => setInterval(() => String(resolve), 100_000));",
    ];
    save("word.ts", hanging.join("\n"));
    await until(() => existsSync(trying), "the try");
    save("word.ts", saying("third"));
    await server.says(/word\.ts has changed/, { times: 2 });
    await server.says(/Reloaded in/);
    assert.equal(await heard(server), "third");
    assert.equal(server.count(/Cannot restart/), 0, server.text);
  });
});

test(
  "a handler that is a link is watched with what lies beside it for the runtime",
  { timeout },
  async () => {
    const prepare = (folder: string) => {
      mkdirSync(join(folder, "real"));
      for (const at of ["", "real/"]) writeFileSync(join(folder, `${at}word.ts`), saying("first"));
      writeFileSync(join(folder, "real/h.ts"), HANDLER);
      symlinkSync("real/h.ts", join(folder, "h.ts"));
    };
    await withWatched([], { files: {}, prepare }, async (server, save) => {
      save(onBun ? "real/word.ts" : "word.ts", saying("second"));
      await untilHeard(server, "second");
    });
  },
);

test("fifty saves, some of them broken, leave one server with its children", { timeout }, async () => {
  await withWatched([], {}, async (server, save) => {
    for (let i = 0; i < 50; i++) {
      save("word.ts", i % 3 === 1 ? `export const word = ${i} +;\n` : saying(`word ${i}`));
      // A save comes wherever the reload before it may be.
      await until(async () => (await heard(server)) !== "", "a client is served");
      await pass((i * 37) % 300);
    }
    save("word.ts", saying("last"));
    await untilHeard(server, "last");
    await server.untilReady(2);
    // The server and its children.
    await until(() => server.remains().length === 3, () => `three processes; there are ${server.remains()}`);
  });
});

test("a server of any personality, and a program of one's own, watch", { timeout }, async () => {
  await withWatched([], { personality: "Single" }, async (server, save) => {
    save("word.ts", saying("second"));
    await untilHeard(server, "second");
  });
  const mux = HANDLER.replace(
    /export default[^]*/,
    `
export default {
  mux: (connection: { print(text: string): boolean; close(): void }) => ({
    muxConnection() {
      connection.print(word + "\\r\\n");
      connection.close();
    },
    muxInput() {},
  }),
};
`,
  );
  await withWatched(
    [],
    { personality: "Multiplex", files: { ...FILES, "h.ts": mux } },
    async (server, save) => {
      await untilHeard(server, "first");
      save("word.ts", saying("second"));
      await untilHeard(server, "second");
    },
  );
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const own = `import { run } from "${mod}";\nimport { word } from "./word.ts";\n` +
    'run(async (connection) => { await connection.print(word + "\\r\\n"); });\n';
  const program = ["own.ts"];
  await withServer(
    ["--max_servers", "2", "--watch"],
    { program, files: { ...FILES, "own.ts": own } },
    async (server) => {
      await server.says(/Watching 2 files for changes/);
      writeFileSync(join(server.folder, "word.ts"), saying("second"));
      await untilHeard(server, "second");
    },
  );
});

const notHere = onBun ? "Bun has tsconfig.json: tests/watch/module_graph_test.ts" : false;
test("a module that an import map names is watched", { timeout, skip: notHere }, async () => {
  const files = {
    "h.ts": HANDLER.replace("./word.ts", "@/word.ts"),
    "word.ts": saying("first"),
    "map.json": '{ "imports": { "@/": "./" } }',
  };
  const program = ["--import-map=FOLDER/map.json", new URL("../../cli.ts", import.meta.url).pathname];
  await withWatched([], { files, program }, async (server, save) => {
    save("word.ts", saying("second"));
    await untilHeard(server, "second");
  });
});

test("files that match a pattern count, and those that the server writes do not", { timeout }, async () => {
  const files = {
    ...FILES,
    "t.toml":
      'watch = ["**/*"]\nhandler = "./h.ts"\nmax_servers = 2\nlog_file = "FOLDER/log"\npid_file = "FOLDER/pid"\n',
  };
  const options = { files, handler: undefined as unknown as string, log: "log" };
  await withServer(["-c", "FOLDER/t.toml"], options, async (server) => {
    await server.says(/Watching 3 files for changes/);
    writeFileSync(join(server.folder, "page.html"), "one");
    await server.says(/page\.html has changed/);
    await server.says(/Reloaded in/);
    writeFileSync(
      join(server.folder, "t.toml"),
      server.file("t.toml").replace("max_servers = 2", "max_servers = 3"),
    );
    await server.says(/t\.toml has changed\n[^]*3 new children serve/);
    // The lines of the log have changed nothing.
    await server.untilCalm();
    assert.equal(server.count(/Reloaded in/), 2, server.text);
  });
});

/** A handler that cannot be loaded any more, but by who tries a reload, and by children. */
const brokenInParent = (where: string) =>
  `import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { word } from "./word.ts";
function look() {
  const isServer = existsSync("FOLDER/pid") && Number(readFileSync("FOLDER/pid", "utf8")) === process.pid;
  if (isServer && existsSync("FOLDER/broken")) throw new Error("broken after it was tried");
}
${where === "module" ? "look();" : ""}
export default {
  hooks: { configure() { ${where === "hook" ? "look();" : ""} } },
  async processRequest(connection) {
    await connection.print(word + "\\r\\n");
    for await (const line of connection.lines()) await connection.print("still " + line + "\\r\\n");
  },
};
`;

/** What a client hears that leaves then. */
async function firstLine({ port }: TestServer): Promise<string> {
  const client = new Client(port);
  const line = await client.line();
  client.end();
  await client.rest();
  return line;
}

for (const where of ["module", "hook"]) {
  test(
    `what breaks between the try and the reload costs no client (in a ${where})`,
    { timeout },
    async () => {
      const files = { "h.ts": brokenInParent(where), "word.ts": saying("first"), "broken": "" };
      const args = ["--max_servers", "2", "--log_level", "4", "--pid_file", "FOLDER/pid"];
      await withServer(args, { files, handler: "FOLDER/h.ts" }, async (server) => {
        const before = await server.untilReady(2);
        const client = new Client(server.port);
        assert.equal(await client.line(), "first");
        signal(server.pid, "SIGHUP");
        await server.says(
          /Cannot restart: .*broken after it was tried.*; the old children continue to serve/,
        );
        client.say("here");
        assert.equal(await client.line(), "still here");
        assert.equal(await firstLine(server), "first");
        assert.deepEqual(server.ready(), before);
        // Again, with the same result; then it is mended.
        signal(server.pid, "SIGHUP");
        await server.says(/Cannot restart: .*the old children continue to serve/, { times: 2 });
        signal(server.pid, "SIGTTIN");
        await server.says(/Cannot change the number of children/);
        renameSync(join(server.folder, "broken"), join(server.folder, "mended"));
        signal(server.pid, "SIGHUP");
        await server.says(/Reloaded in .*2 new children serve/);
        client.end();
        assert.equal(await client.rest(), "");
        await server.untilReady(2);
        assert.equal(server.children().some((pid) => before.includes(pid)), false);
      });
    },
  );
}

test("a server that waits to be mended is stopped like any other", { timeout }, async () => {
  for (const name of ["SIGTERM", "SIGQUIT"] as const) {
    const files = { "h.ts": brokenInParent("module"), "word.ts": saying("first"), "broken": "" };
    const args = ["--max_servers", "2", "--pid_file", "FOLDER/pid", "--port", "FOLDER/s.sock|unix"];
    await withServer(args, { files, handler: "FOLDER/h.ts" }, async (server) => {
      const client = new Client(server.port);
      assert.equal(await client.line(), "first");
      signal(server.pid, "SIGHUP");
      await server.says(/the old children continue to serve/);
      signal(server.pid, name);
      if (name === "SIGQUIT") {
        client.say("here");
        assert.equal(await client.line(), "still here");
        client.end();
      }
      assert.deepEqual(await server.end(), { code: 0, signal: null });
      await client.rest();
      assert.equal(server.file("pid"), "");
      assert.equal(server.count(/Server stopped/), 1);
    });
  }
});

/** A server whose program broke between the try and the reload, with a client of an old child. */
async function withWaiting(
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  body: (server: TestServer, client: Client) => Promise<void>,
  log?: string,
): Promise<void> {
  const all = { "h.ts": brokenInParent("module"), "word.ts": saying("first"), "broken": "", ...files };
  const options = { files: all, handler: "FOLDER/h.ts", ...(log === undefined ? {} : { log }) };
  await withServer(["--max_servers", "2", "--pid_file", "FOLDER/pid", ...args], options, async (server) => {
    const client = new Client(server.port);
    assert.equal(await client.line(), "first");
    signal(server.pid, "SIGHUP");
    await server.says(/the old children continue to serve/);
    await body(server, client);
  });
}

test("a server that waits to be mended tries what it is told to load", { timeout }, async () => {
  const files = { "t.toml": "max_servers = 2\n" };
  await withWaiting(["-c", "FOLDER/t.toml"], files, async (server, client) => {
    renameSync(join(server.folder, "broken"), join(server.folder, "mended"));
    writeFileSync(join(server.folder, "t.toml"), "max_servers = 0\n");
    signal(server.pid, "SIGHUP");
    await server.says(/Cannot restart: .*t\.toml.*; the old children continue to serve/);
    client.say("here");
    assert.equal(await client.line(), "still here");
    writeFileSync(join(server.folder, "t.toml"), "max_servers = 2\n");
    signal(server.pid, "SIGHUP");
    await server.says(/Reloaded in/);
    client.end();
    await client.rest();
  });
});

test("a server that waits to be mended opens its log again for all, and hears what children print", {
  timeout,
}, async () => {
  const printing = brokenInParent("module").replace(
    /await connection\.print\("still.*;/,
    '{ for (let i = 0; i < 3000; i++) console.log("a line that fills a pipe " + i); $& }',
  );
  await withWaiting(["--log_file", "FOLDER/log"], { "h.ts": printing }, async (server, client) => {
    renameSync(join(server.folder, "log"), join(server.folder, "log.1"));
    signal(server.pid, "SIGUSR1");
    await until(() => server.file("log").includes("Reopened log_file"));
    client.say("here");
    assert.equal(await client.line(), "still here");
    await until(() => server.file("log").includes("a line that fills a pipe 2999"));
    signal(server.pid, "SIGQUIT");
    await until(() => server.file("log").includes("Server closing!"));
    client.say("there");
    assert.equal(await client.line(), "still there");
    client.end();
    await client.rest();
    assert.deepEqual(await server.end(), { code: 0, signal: null });
  }, "log");
});

test("a second signal to stop ends a server that waits to be mended at once", { timeout }, async () => {
  const stubborn = brokenInParent("module").replace(
    "look();\nexport",
    'look();\nprocess.on("SIGTERM", () => {});\nexport',
  );
  await withWaiting([], { "h.ts": stubborn }, async (server) => {
    signal(server.pid, "SIGTERM");
    await server.says(/Server closing!/);
    await pass(300);
    signal(server.pid, "SIGTERM");
    assert.deepEqual(await server.end(), { code: 0, signal: null });
  });
});

test("a save mends what a save has broken between the try and the reload", { timeout }, async () => {
  const files = { "h.ts": brokenInParent("module"), "word.ts": saying("first"), "broken": "" };
  await withWatched(["--pid_file", "FOLDER/pid"], { files }, async (server, save) => {
    save("word.ts", saying("second"));
    await server.says(/broken after it was tried.*; the old children continue to serve/);
    renameSync(join(server.folder, "broken"), join(server.folder, "mended"));
    save("word.ts", saying("third"));
    await server.says(/word\.ts has changed/, { times: 2 });
    await until(async () => await firstLine(server) === "third");
    await server.untilReady(2);
  });
});

test("without a file that could change, the option is refused", { timeout }, async () => {
  const refused = async (args: readonly string[], options: StartOptions, why: RegExp) => {
    const server = new TestServer(args, { ports: 0, ...options });
    try {
      assert.deepEqual(await server.end(), { code: 78, signal: null }, server.text);
      await server.says(why);
    } finally {
      server.clear();
    }
  };
  await refused(
    ["--watch", "FOLDER/h.ts"],
    { files: FILES },
    /^tine: command line:1: Cannot set watch: there is no handler's file; name one before the options, as in tine server\.ts --watch\n/,
  );
  await refused(
    ["--watch", ""],
    { files: FILES, handler: "FOLDER/h.ts" },
    /Cannot set watch to "": it is empty; give true, false or a pattern of files/,
  );
  const remote = createServer((_, answer) => {
    answer.setHeader("content-type", "text/javascript");
    answer.end("export default () => {};");
  });
  if (onBun) return; // it imports nothing from the network
  await new Promise<void>((resolve) => remote.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}/h.js`;
    await refused(
      ["--watch"],
      { handler: url },
      /Cannot set watch: http:\S+ is no file of this machine; remove it\n/,
    );
  } finally {
    remote.close();
  }
});

test("with watch off, nothing wakes a server that rests", { timeout }, async () => {
  await withServer(["--watch", "0", "--max_servers", "1"], {}, async (server) => {
    await exchange(server.port);
    await server.untilAtRest();
    assert.equal(server.count(/Watching/), 0);
  });
});
