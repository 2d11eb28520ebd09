import assert from "node:assert/strict";
import { test } from "node:test";
import { type DaemonFolder, withFolder } from "../support/daemon.ts";
import { timeout } from "../support/limits.ts";
import { program } from "../support/processes.ts";
import { Client, exchange, fixture } from "../support/server.ts";
import { noTerminal, Terminal } from "../support/terminal.ts";

const PORT0 = ["--port", "127.0.0.1:0"];
/** The alternate screen and back, with the cursor. */
const ENTERED = "\x1b[?1049h\x1b[?25l";
const LEFT = "\x1b[?25h\x1b[?1049l";

const ESCAPE = "\x1b";
const COLOUR = new RegExp(`${ESCAPE}\\[[0-9;]*m`);

/** Runs `body` with `tine top` on a terminal beside a server that was started with `args`. */
async function withTop(
  args: readonly string[],
  options: {
    readonly children: number;
    readonly rows?: number;
    readonly columns?: number;
    env?: Record<string, string>;
  },
  body: (terminal: Terminal, folder: DaemonFolder) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const started = await folder.start([...args, ...PORT0, "--max_servers", String(options.children)]);
    assert.equal(started.status, 0, started.stderr);
    await folder.children(options.children);
    const terminal = new Terminal([...program("cli.ts"), "top", "--pid_file", folder.file("pid")], options);
    try {
      await body(terminal, folder);
    } finally {
      terminal.close();
    }
  });
}

/** Whether the terminal is as it was before. */
function assertLeft({ written }: Terminal, end: { status: number; restored: boolean }, status: number): void {
  assert.deepEqual(end, { status, restored: true });
  assert.ok(
    written.includes(ENTERED) && written.trimEnd().endsWith(LEFT),
    JSON.stringify(written.slice(-100)),
  );
}

test(
  "tine top shows what happens while it happens, and ends by q",
  { skip: noTerminal, timeout },
  async () => {
    await withTop([], { children: 4 }, async (terminal, folder) => {
      const first = await terminal.shows(/^tine: PreForkSimple, 4 children, process id \d+, up /);
      assert.equal(first.length, 24);
      assert.match(first.at(-1) as string, /^q quit/);
      await terminal.shows(/^0 clients, 0\.0 per second, 0 connections in the queue$/m);
      await exchange(folder.port);
      const client = new Client(folder.port);
      const pid = await client.welcome();
      await terminal.shows(new RegExp(`^2 clients, `, "m"));
      await terminal.shows(/^\[#+\.+\] 1 of 4 busy \(1 serving, 3 waiting\)$/m);
      await terminal.shows(new RegExp(`^ *${pid} +serving .* 127\\.0\\.0\\.1:\\d+$`, "m"));
      assert.doesNotMatch(terminal.written, COLOUR, "no colours, as NO_COLOR says");
      terminal.press("q");
      assertLeft(terminal, await terminal.end(), 0);
      await client.quit();
      await folder.stop();
    });
  },
);

test("tine top sorts, and starts and ends children, by keys", { skip: noTerminal, timeout }, async () => {
  await withTop([], { children: 2 }, async (terminal, folder) => {
    await terminal.shows(/ CPU%\* /);
    terminal.press("s");
    await terminal.shows(/ PSS\* /);
    terminal.press("+");
    terminal.press("+");
    await terminal.shows(/^The server serves by 4 children$/m);
    await terminal.shows(/ 0 of 4 busy \(4 waiting\)/);
    terminal.press("-");
    await terminal.shows(/^The server serves by 3 children$/m);
    for (let left = 3; left > 0; left--) terminal.press("-");
    await terminal.shows(/^Cannot take a child away: max_servers is 1/m);
    await folder.children(1);
    terminal.press("\\x03");
    assertLeft(terminal, await terminal.end(), 0);
    await folder.stop();
  });
});

test(
  "tine top shows as many children as there is room for, at any size",
  { skip: noTerminal, timeout },
  async () => {
    await withTop([], { children: 20, rows: 12 }, async (terminal, folder) => {
      const before = await terminal.shows(/^… \d+ more$/m);
      assert.equal(before.length, 12);
      terminal.resize(40, 200);
      const wide = await terminal.shows(/ UP /);
      assert.equal(wide.length, 40);
      assert.ok(!wide.some((line) => line.startsWith("…")));
      assert.equal(wide.filter((line) => / waiting /.test(line) && /^ *\d+ /.test(line)).length, 20);
      terminal.resize(6, 30);
      const small = await terminal.shows(/…$/m);
      assert.equal(terminal.lines.length, 6, small.join("\n"));
      assert.ok(terminal.lines.every((line) => [...line].length <= 30), small.join("\n"));
      terminal.press("q");
      assertLeft(terminal, await terminal.end(), 0);
      await folder.stop();
    });
  },
);

for (const [name, status] of [["TERM", 143], ["INT", 130], ["HUP", 129]] as const) {
  test(`tine top gives the terminal back on ${name}`, { skip: noTerminal, timeout }, async () => {
    await withTop([], { children: 1 }, async (terminal, folder) => {
      await terminal.shows(/^q quit/m);
      terminal.signal(name);
      assertLeft(terminal, await terminal.end(), status);
      await folder.stop();
    });
  });
}

test("tine top gives the terminal back when the server ends", { skip: noTerminal, timeout }, async () => {
  await withTop([], { children: 1 }, async (terminal, folder) => {
    await terminal.shows(/^q quit/m);
    const { pid } = folder;
    await folder.stop();
    assert.deepEqual(await terminal.end(), { status: 3, restored: true });
    const said = terminal.written.slice(terminal.written.indexOf(LEFT) + LEFT.length);
    assert.equal(said.trim(), `tine: Cannot see the server with process id ${pid} any more: it has ended`);
  });
});

test("a child in an endless loop comes first, with its processor time and in a colour", {
  skip: noTerminal,
  timeout,
}, async () => {
  const args = [fixture("looping.ts"), "--stop_timeout", "1"];
  await withTop(args, { children: 2, env: { NO_COLOR: "" } }, async (terminal, folder) => {
    await terminal.shows(/q quit/);
    const client = new Client(folder.port);
    const pid = await client.welcome();
    client.say("loop");
    // Marked as looping where a processor is free for it, which need not be so beside other tests.
    const line = new RegExp(
      `^${ESCAPE}\\[(?:32m|1;31m) *${pid} +(?:serving|looping\\?) +\\d+ s +[1-9]\\d* `,
      "m",
    );
    await terminal.shows(line);
    assert.ok(terminal.lines[0]?.startsWith("\x1b[1m"));
    terminal.press("q");
    assertLeft(terminal, await terminal.end(), 0);
    client.close();
  });
});

test("tine top prints plain text once where there is no terminal", { timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start([...PORT0, "--max_servers", "30"])).status, 0);
    const pids = await folder.children(30);
    for (const more of [[], ["--once"]]) {
      const command = ["top", "--pid_file", folder.file("pid"), ...more];
      const { status, stdout, stderr } = await folder.run(command, { env: { NO_COLOR: "" } });
      assert.deepEqual([status, stderr], [0, ""]);
      assert.ok(!stdout.includes("\x1b"));
      assert.doesNotMatch(stdout, /…|q quit/);
      assert.match(stdout, /^0 clients, 0\.0 per second/m);
      const rows = [...stdout.matchAll(/^ *(\d+) +\w+ +\d+ s +\d+ +\d+ MB +0 +0\.0 +\d+ s$/gm)].map((m) =>
        Number(m[1])
      );
      assert.deepEqual(rows.toSorted(), pids.toSorted());
    }
    await folder.stop();
    assert.equal((await folder.run(["top", "--pid_file", folder.file("pid")])).status, 69);
  });
});

test("tine top --once prints plain text on a terminal", { skip: noTerminal, timeout }, async () => {
  await withFolder(async (folder) => {
    assert.equal((await folder.start([...PORT0, "--max_servers", "1"])).status, 0);
    await folder.children(1);
    const terminal = new Terminal([...program("cli.ts"), "top", "--once", "--pid_file", folder.file("pid")]);
    assert.deepEqual(await terminal.end(), { status: 0, restored: true });
    assert.match(terminal.written, /tine: PreForkSimple, 1 child, process id/);
    assert.ok(!terminal.written.includes(ENTERED));
    await folder.stop();
  });
});
