import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { UdpClient, UnixDatagramClient } from "../support/datagrams.ts";
import { timeout } from "../support/limits.ts";
import { Client, onBun, signal } from "../support/server.ts";
import { until, within } from "../support/until.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

interface Running {
  readonly port: number;
  text(): string;
}

/** Runs a program on a port of the system's choice, and stops it: its status must be 0. */
async function withProgram(
  args: readonly string[],
  body: (running: Running) => Promise<void>,
  options: readonly string[] = ["--max_servers", "2"],
): Promise<void> {
  const child: ChildProcess = spawn(
    process.execPath,
    [...(onBun ? [] : ["run", "-A"]), ...args, "--port", "127.0.0.1:0", ...options],
    {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", NO_COLOR: "1" },
    },
  );
  let [out, err] = ["", ""];
  child.stdout?.on("data", (bytes) => out += bytes);
  child.stderr?.on("data", (bytes) => err += bytes);
  const end = new Promise((resolve) => child.on("close", (code, name) => resolve({ code, signal: name })));
  try {
    const port = Number(
      await until(
        () => {
          assert.equal(child.exitCode, null, `it ended: ${err}`);
          return /Listening on /.test(err) && /Bound to auto-assigned port (\d+)/.exec(err)?.[1];
        },
        () => `the port; it said ${err}`,
      ),
    );
    await body({ port, text: () => err });
    // Not child.kill: on Deno that alone makes SIGTERM the way in which the child is said to have ended.
    signal(child.pid as number, "SIGTERM");
    assert.deepEqual(await within(end, "the server's end"), { code: 0, signal: null }, err);
    assert.equal(out, "");
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  }
}

async function withClient(port: number, body: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(port);
  try {
    await body(client);
  } finally {
    client.close();
  }
}

/** Says a line and checks the answer. */
async function ask(client: Client, text: string, answer: RegExp | string): Promise<void> {
  client.say(text);
  const line = await client.line();
  if (typeof answer === "string") assert.equal(line, answer);
  else assert.match(line, answer);
}

test("echo says each line back", { timeout }, async () => {
  await withProgram(["cli.ts", "./examples/echo.ts"], async ({ port }) => {
    await withClient(port, async (client) => {
      await ask(client, "hello", "hello");
      await ask(client, "", "");
      await ask(client, "déjà vu €", "déjà vu €");
      client.say("one\r\ntwo\nthree");
      assert.deepEqual([await client.line(), await client.line(), await client.line()], [
        "one",
        "two",
        "three",
      ]);
    });
  });
});

test("the site has its files and its program", { timeout }, async () => {
  // The port of the command line wins over that of the file.
  await withProgram(["cli.ts", "--conf_file", "examples/site.toml"], async ({ port }) => {
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return [response.status, response.headers.get("content-type"), await response.text()];
    };
    assert.match(String(await ask("/")), /^200,text\/html;charset=UTF-8,<!doctype html>/);
    assert.match(String(await ask("/style.css")), /^200,text\/css;charset=UTF-8,body/);
    assert.deepEqual(await ask("/greet?Ada;id"), [
      200,
      "text/plain;charset=UTF-8",
      "Hello Ada;id from 127.0.0.1\n",
    ]);
    assert.equal((await ask("/greet.cgi"))[0], 404);
  });
});

test("a server of one's own answers in upper case with its own option", { timeout }, async () => {
  await withProgram(["examples/own_server.ts", "--suffix", "!"], async ({ port }) => {
    await withClient(port, async (client) => {
      await ask(client, "hello", "HELLO!");
      await ask(client, "again", "AGAIN!");
      client.say("quit");
      assert.equal(await client.rest(), "");
    });
    // A line that is too long ends that connection only.
    await withClient(port, async (client) => {
      client.say("x".repeat(5000));
      await client.rest().catch(() => {});
    });
    await withClient(port, async (client) => await ask(client, "still there", "STILL THERE!"));
  });
});

test(
  "the cache keeps what it is told, whatever the data look like and however they come",
  { timeout },
  async () => {
    await withProgram(["cli.ts", "./examples/cache.ts"], async ({ port }) => {
      await withClient(port, async (client) => {
        client.send("set k 7 0 5\r\nhello\r\nget k\r\n");
        for (const line of ["STORED", "VALUE k 7 5", "hello", "END"]) assert.equal(await client.line(), line);
        // Data that look like commands, and several commands in one packet.
        client.send("set evil 0 0 17\r\nget k\r\ndelete k\r\n\r\nget evil none k\r\n");
        for (
          const line of ["STORED", "VALUE evil 0 17", "get k", "delete k", "", "VALUE k 7 5", "hello", "END"]
        ) {
          assert.equal(await client.line(), line);
        }
        client.send("set part 0 0 10\r\n01");
        await withClient(port, async (other) => {
          await ask(other, "get k", "VALUE k 7 5"); // all clients see the same, also while one is in the middle
          assert.deepEqual([await other.line(), await other.line()], ["hello", "END"]);
          await ask(other, "delete k", "DELETED");
          await ask(other, "delete k", "NOT_FOUND");
        });
        client.send("23456789\r\n");
        assert.equal(await client.line(), "STORED");
        client.send("set quiet 0 0 0 noreply\r\n\r\n");
        await ask(client, "get k quiet", "VALUE quiet 0 0");
        assert.deepEqual([await client.line(), await client.line()], ["", "END"]);
        await ask(client, "set k 0 0 5\r\nlonger", "CLIENT_ERROR bad data chunk");
        await ask(client, "set k 0 0 many", "CLIENT_ERROR bad command line format");
        await ask(
          client,
          `set big 0 0 2000000\r\n${"x".repeat(2_000_000)}`,
          "SERVER_ERROR object too large for cache",
        );
        await ask(client, "frobnicate", "ERROR");
        client.say("quit");
        assert.equal(await client.rest(), "");
      });
    }, []);
  },
);

test("the SMTP sink takes a message, with its dots stuffed", { timeout }, async () => {
  const args = ["cli.ts", "./examples/smtp_sink.ts", "--domain", "mail.example"];
  await withProgram(args, async (running) => {
    await withClient(running.port, async (client) => {
      assert.equal(await client.line(), "220 mail.example ESMTP");
      await ask(client, "MAIL FROM:<a@example>", /^503 /);
      await ask(client, "EHLO client.example", "250-mail.example");
      assert.deepEqual(
        [await client.line(), await client.line(), await client.line()],
        ["250-8BITMIME", "250-PIPELINING", "250 SIZE 10000000"],
      );
      await ask(client, "RCPT TO:<b@example>", /^503 /);
      await ask(client, "DATA", /^503 /);
      await ask(client, "mail from:<a@example> SIZE=100", /^250 2\.1\.0 /);
      await ask(client, "MAIL FROM:<a@example>", /^503 /);
      await ask(client, "RCPT TO:b@example", /^501 /);
      await ask(client, "RCPT TO:<b@example>", /^250 2\.1\.5 /);
      await ask(client, "RCPT TO:<c@example>", /^250 2\.1\.5 /);
      await ask(client, "DATA", /^354 /);
      // "Subject: x", "", ".", "..", "é" with their ends: 12 + 2 + 3 + 4 + 4 bytes.
      await ask(client, "Subject: x\r\n\r\n..\r\n...\r\né\r\n.", /^250 2\.0\.0 /);
      await until(
        () => running.text().includes("message from <a@example> to 2 recipient(s), 25 bytes"),
        () => `the log line; it said ${running.text()}`,
      );
      await ask(client, "NOOP", /^250 /);
      await ask(client, "RSET", /^250 /);
      await ask(client, "VRFY x", /^252 /);
      await ask(client, "NONSENSE", /^500 /);
      await ask(client, "QUIT", /^221 2\.0\.0 mail\.example/);
      assert.equal(await client.rest(), "");
    });
  });
});

test("the SMTP sink answers commands that come at once in their order", { timeout }, async () => {
  await withProgram(["cli.ts", "./examples/smtp_sink.ts", "--size_limit", "20"], async ({ port }) => {
    await withClient(port, async (client) => {
      const envelope = ["MAIL FROM:<>", "RCPT TO:<b@example>", "DATA"];
      client.say(["HELO me", ...envelope].join("\r\n"));
      const codes = async (n: number) => {
        const seen: string[] = [];
        for (let i = 0; i < n; i++) seen.push((await client.line()).slice(0, 3));
        return seen;
      };
      assert.deepEqual(await codes(5), ["220", "250", "250", "250", "354"]);
      client.say(["short", ".", ...envelope].join("\r\n"));
      assert.deepEqual(await codes(4), ["250", "250", "250", "354"]);
      client.say(["this is longer than the limit", ".", "QUIT"].join("\r\n"));
      assert.deepEqual(await codes(2), ["552", "221"]);
      assert.equal(await client.rest(), "");
    });
    // A client that leaves in the middle of its message harms nobody.
    await withClient(port, async (client) => {
      await client.line();
      client.say(["HELO me", "MAIL FROM:<>", "RCPT TO:<b@example>", "DATA", "half a"].join("\r\n"));
      for (let i = 0; i < 4; i++) await client.line();
    });
    await withClient(port, async (client) => assert.match(await client.line(), /^220 /));
  });
});

/** The ports that a program has, once it has as many. */
async function portsOf({ text }: Running, count: number): Promise<number[]> {
  const found = () =>
    [...text().matchAll(/Bound to auto-assigned port (\d+)/g)].map((match) => Number(match[1]));
  return await until(() => found().length >= count ? found() : undefined, "the ports") as number[];
}

test("the time server tells the seconds since 1900 over TCP and over UDP", { timeout }, async () => {
  const args = ["cli.ts", "./examples/time.ts", "--port", "127.0.0.1:0/udp"];
  await withProgram(args, async (running) => {
    const [udp = 0, tcp = 0] = await portsOf(running, 2);
    const near = (bytes: Uint8Array) => {
      assert.equal(bytes.length, 4);
      const seconds = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) - 2_208_988_800;
      assert.ok(Math.abs(seconds - Date.now() / 1000) < 3600, `${seconds} seconds since 1970`);
    };
    const client = new UdpClient(udp);
    client.send("");
    near(await client.hearBytes());
    client.close();
    const answer = await new Promise<Uint8Array>((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = createConnection({ port: tcp, host: "127.0.0.1" });
      socket.on("data", (bytes) => chunks.push(Buffer.from(bytes))).on("error", reject);
      socket.on("end", () => resolve(Buffer.concat(chunks)));
    });
    near(answer);
  });
});

test("the syslog sink logs what comes over UDP and from a unix socket", { timeout }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "examples-"));
  const [path, client] = [join(folder, "log.sock"), join(folder, "client.sock")];
  const args = [
    "cli.ts",
    "./examples/syslog_sink.ts",
    "--port",
    "127.0.0.1:0/udp",
    "--port",
    `${path}|unixdgram`,
  ];
  try {
    await withProgram(args, async (running) => {
      const [udp = 0] = await portsOf(running, 2);
      const [overUdp, overUnix] = [new UdpClient(udp), new UnixDatagramClient(path, client)];
      overUdp.send("<34>Oct 11 22:14:15 mymachine su: 'su root' failed\n");
      overUdp.send("no number\nDENY forged");
      overUnix.send("<191>from a socket");
      const said = (line: string) =>
        until(() => running.text().split("\n").some((one) => one.endsWith(`] ${line}`)), line);
      await said("127.0.0.1 4.crit Oct 11 22:14:15 mymachine su: 'su root' failed");
      await said("127.0.0.1 1.notice no number DENY forged");
      await said("this machine 23.debug from a socket");
      overUdp.close();
      overUnix.close();
    });
    assert.deepEqual(readdirSync(folder), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the tally sums up what all children hear", { timeout }, async () => {
  const args = ["cli.ts", "PreFork", "./examples/tally.ts", "--child_communication", "1"];
  await withProgram(args, async ({ port, text }) => {
    for (let i = 0; i < 3; i++) {
      await withClient(port, async (client) => {
        assert.equal(await client.line(), "Say a word.");
        client.say("tine");
        assert.equal(await client.line(), "It counts.");
      });
    }
    await until(() => /Child \d+ heard "tine", which makes 3/.test(text()), "the sum");
  });
});

test("the ticket dispenser counts, in one process, all its clients", { timeout }, async () => {
  await withProgram(["cli.ts", "./examples/tickets.ts"], async ({ port }) => {
    for (let i = 1; i < 5; i++) {
      await withClient(port, async (client) => {
        assert.equal(await client.rest(), `Your ticket is number ${i}\r\n`);
      });
    }
  }, []);
});

test("the chat tells everybody what one says, who comes and who leaves", { timeout }, async () => {
  await withProgram(["cli.ts", "./examples/chat.ts"], async ({ port }) => {
    const clients = await Promise.all([1, 2, 3].map(async (n) => {
      const client = new Client(port);
      // The one who joins hears of it too.
      assert.match(await client.line(), /^JOIN: \(#\d\) from 127\.0\.0\.1$/);
      return { client, n };
    }));
    const said = async (client: Client, line: RegExp) => {
      for (;;) if (line.test(await client.line())) return;
    };
    try {
      const [a, b, c] = clients.map(({ client }) => client) as [Client, Client, Client];
      for (const client of [a, b, c]) client.send("I am ");
      await said(a, /^Welcome, you are number \d to connect\.$/);
      a.send("here\r\n\r\nhi\nha");
      for (const client of [a, b, c]) {
        await said(client, /^\[\d - 127\.0\.0\.1\] I am here$/);
        if (client === a) assert.equal(await client.line(), " - sent 27 byte message");
        await said(client, /^\[\d - 127\.0\.0\.1\] hi$/);
      }
      await b.reset();
      for (const client of [a, c]) await said(client, /^LEFT: \(#\d\) from 127\.0\.0\.1$/);
      a.say("lo");
      for (const client of [a, c]) await said(client, /^\[\d - 127\.0\.0\.1\] halo$/);
    } finally {
      for (const { client } of clients) client.close();
    }
  }, []);
});

test("the chat upgrades who is patient, and says good-bye to who stays silent", { timeout }, async () => {
  await withProgram(["cli.ts", "./examples/chat.ts", "--patience", "0.1"], async ({ port }) => {
    await withClient(port, async (client) => {
      const rest = await client.rest();
      assert.match(rest, /Whoa, you must have a lot of patience\. {2}You have been upgraded\.\r\n/);
      assert.match(rest, /If you don't want to talk then you should leave\. \*BYE\*\r\n$/);
    });
  }, []);
});

test("the chat joins who speaks UDP with who speaks TCP", { timeout }, async () => {
  const args = ["cli.ts", "./examples/chat.ts", "--port", "127.0.0.1:0/udp"];
  await withProgram(args, async (running) => {
    const [udp = 0, tcp = 0] = await portsOf(running, 2);
    await withClient(tcp, async (client) => {
      assert.match(await client.line(), /^JOIN/);
      assert.match(await client.line(), /^Welcome/);
      const [one, other] = [new UdpClient(udp), new UdpClient(udp)];
      assert.equal(await one.ask("hello\n"), "[udp - 127.0.0.1] hello\r\n");
      assert.equal(await client.line(), "[udp - 127.0.0.1] hello");
      assert.equal(await other.ask("me too"), "[udp - 127.0.0.1] me too\r\n");
      assert.equal(await one.hear(), "[udp - 127.0.0.1] me too\r\n");
      assert.equal(await client.line(), "[udp - 127.0.0.1] me too");
      client.say("welcome");
      for (const sender of [one, other]) assert.equal(await sender.hear(), "[1 - 127.0.0.1] welcome\r\n");
      one.close();
      other.close();
    });
  }, []);
});

test("the relay passes many clients on at once", { timeout }, async () => {
  const args = ["cli.ts", "./examples/relay.ts"];
  await withProgram(["cli.ts"], async (backend) => {
    await withProgram([...args, "--backend", `127.0.0.1:${backend.port}`], async ({ port }) => {
      const clients = Array.from({ length: 24 }, () => new Client(port));
      const pids = await Promise.all(clients.map((client) => client.welcome()));
      for (const [i, client] of clients.entries()) await client.ask(`through ${i}`, pids[i] as number);
      await Promise.all(clients.map((client) => client.quit()));
    });
  }, ["--max_servers", "24", "--max_requests", "24"]);
});

test("the web application answers, reads what is uploaded as it comes, and ticks until the client goes", {
  timeout,
}, async () => {
  await withProgram(["cli.ts", "./examples/web.ts"], async ({ port }) => {
    const url = `http://127.0.0.1:${port}`;
    assert.match(await (await fetch(url)).text(), /^Hello 127\.0\.0\.1, from process \d+\n$/);
    const upload = await fetch(`${url}/upload`, { method: "POST", body: new Uint8Array(3_000_000) });
    const { bytes, parts } = await upload.json();
    assert.equal(bytes, 3_000_000);
    assert.ok(parts > 10, `${parts}`);
    assert.equal((await fetch(`${url}/upload`)).status, 405);
    assert.equal((await fetch(`${url}/none`)).status, 404);
    const away = new AbortController();
    const { body } = await fetch(`${url}/ticks`, { signal: away.signal });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "data: tick 1\n\n");
    away.abort();
  });
});
