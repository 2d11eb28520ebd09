import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { timeout } from "../support/limits.ts";
import { Client, example, fixture, hear, signal } from "../support/server.ts";
import { lacks, type SuperServer, tine, withTcpserver, withXinetd } from "../support/super_server.ts";
import { until } from "../support/until.ts";

const noTcpserver = lacks("tcpserver");
const noXinetd = lacks("xinetd");
const noPerl = spawnSync("perl", ["-MSocket", "-e", "1"]).status === 0 ? false : "no perl";
const noNetServer = spawnSync("perl", ["-MNet::Server::INET", "-e", "1"]).status === 0
  ? false
  : "no Net::Server";
const INET = tine("INET", fixture("inet.ts"));

/** What a client hears after its first line. */
interface Greeting {
  readonly pid: number;
  readonly words: readonly string[];
  readonly client: Client;
}

/** Runs `body` with a client that was greeted. */
async function withClient(port: number, body: (greeting: Greeting) => Promise<void>): Promise<void> {
  const client = new Client(port);
  try {
    const [pid, ...words] = (await client.line()).split(" ");
    await body({ pid: Number(pid), words, client });
  } finally {
    client.close();
  }
}

async function ended(server: SuperServer, pid: number): Promise<number> {
  const status = await until(() => new RegExp(`end ${pid} status (\\d+)`).exec(server.said())?.[1]);
  return Number(status) >> 8;
}

test("INET serves the client of tcpserver and ends", { timeout, skip: noTcpserver }, async () => {
  await withTcpserver({ program: [...INET, "--log_level", "3"] }, async (server) => {
    const pids = new Set<number>();
    for (let i = 0; i < 2; i++) {
      await withClient(server.port, async ({ pid, words, client }) => {
        const [requests, peer, peerPort, local, localPort] = words;
        assert.deepEqual([requests, peer, local, Number(localPort)], [
          "1",
          "127.0.0.1",
          "127.0.0.1",
          server.port,
        ]);
        assert.ok(server.said().includes(`:127.0.0.1::${peerPort}`), "the port is the client's");
        client.say("hello");
        assert.equal(await client.line(), "you said hello");
        client.say("quit");
        assert.equal(await client.rest(), "");
        assert.equal(await ended(server, pid), 0);
        pids.add(pid);
      });
    }
    assert.equal(pids.size, 2, "a process for each client");
    assert.match(server.said(), /CONNECT TCP Peer: "\[127\.0\.0\.1\]:\d+" Local: "\[127\.0\.0\.1\]:\d+"/);
    assert.match(server.said(), /printed to standard error/, "standard error is tcpserver's");
    assert.match(server.said(), /Server closing!/);
  });
});

test(
  "INET keeps everything but the dialogue from a client of xinetd",
  { timeout, skip: noXinetd },
  async () => {
    await withXinetd({ program: [...INET, "--log_level", "4"] }, async (server) => {
      await withClient(server.port, async ({ words, client }) => {
        assert.equal(words[1], "127.0.0.1");
        client.say("throw");
        assert.equal(await client.rest(), "");
      });
      await until(
        () => /EXIT: .* status=1/.test(server.file("xinetd.log")),
        () => server.file("xinetd.log"),
      );
    });
  },
);

test("INET logs to a file under xinetd", { timeout, skip: noXinetd }, async () => {
  const log = ["--log_level", "3", "--log_file", "FOLDER/log"];
  await withXinetd({ program: [...INET, ...log] }, async (server) => {
    await withClient(server.port, async ({ client }) => {
      client.say("quit");
      assert.equal(await client.rest(), "");
    });
    await until(() => server.file("log").includes("Server closing!"));
    assert.match(server.file("log"), /CONNECT TCP Peer: "\[127\.0\.0\.1\]:\d+"/);
    assert.match(server.file("log"), /\] preServerClose$/m);
    await until(() => /EXIT: .* status=0/.test(server.file("xinetd.log")));
  });
});

test("a mistake in the options is not told to a client of xinetd", { timeout, skip: noXinetd }, async () => {
  await withXinetd({ program: [...INET, "--max_servers", "none"] }, async (server) => {
    assert.equal(await hear(server.port), "");
    await until(() => /EXIT: .* status=78/.test(server.file("xinetd.log")));
  });
});

for (const denied of [false, true]) {
  const whom = denied ? "a client that is denied" : "a client";
  test(
    `INET calls the hooks of Net::Server::INET in their order for ${whom}`,
    { timeout, skip: noTcpserver || noNetServer },
    async () => {
      const env: Record<string, string> = denied ? { DENY: "1" } : {};
      const answer = denied ? "Not you.\r\n" : "Hello.\r\n";
      const trails: string[][] = [];
      const perl = ["perl", fixture("inet_hooks.pl")];
      for (const program of [perl, tine("INET", example("every_hook.ts"))]) {
        await withTcpserver({ program, env }, async (server) => {
          assert.equal(await hear(server.port), answer);
          await until(() => server.said().includes("status 0"), () => server.said());
          const notes = server.file("trail").split("\n").filter((line) =>
            line !== "" && !/writeToLog/.test(line)
          );
          trails.push(notes.map((line) => program === perl ? line : line.split(" ")[2] as string));
        });
      }
      const [expected, actual] = trails;
      assert.ok(expected?.includes(denied ? "requestDenied" : "processRequest"), "Perl noted its hooks");
      assert.deepEqual(actual, expected);
    },
  );
}

test("what a handler throws ends the process with status 1", { timeout, skip: noTcpserver }, async () => {
  await withTcpserver({ program: INET }, async (server) => {
    await withClient(server.port, async ({ pid, client }) => {
      client.say("throw");
      assert.equal(await client.rest(), "");
      assert.equal(await ended(server, pid), 1);
      assert.match(server.said(), /Error: on purpose \| +at /);
    });
  });
});

for (const hook of ["postAccept", "allowDeny", "preLoop", "postClientConnection"]) {
  test(
    `a ${hook} that throws ends INET with status 1, and is named`,
    { timeout, skip: noTcpserver },
    async () => {
      const program = tine("INET", fixture("throwing.ts"));
      await withTcpserver({ program, env: { THROW: hook } }, async (server) => {
        await hear(server.port);
        await until(() => server.said().includes("status 256"), () => server.said()); // 1 << 8
        assert.match(server.said(), new RegExp(`(^|[ \\n])The hook ${hook} threw Error: on purpose`));
      });
    },
  );
}

test("rules of access turn a client of INET away", { timeout, skip: noTcpserver }, async () => {
  await withTcpserver({ program: [...INET, "--cidr_deny", "127.0.0.0/8"] }, async (server) => {
    assert.equal(await hear(server.port), "");
    await until(() => server.said().includes("status 0"), () => server.said());
    assert.match(server.said(), /DENY 127\.0\.0\.1:\d+/);
  });
});

test("QUIT lets the client of INET finish", { timeout, skip: noTcpserver }, async () => {
  await withTcpserver({ program: INET }, async (server) => {
    await withClient(server.port, async ({ pid, client }) => {
      signal(pid, "SIGQUIT");
      client.say("hello");
      assert.equal(await client.line(), "you said hello");
      client.say("quit");
      assert.equal(await client.rest(), "");
      assert.equal(await ended(server, pid), 0);
    });
  });
});

test("TERM ends INET, and HUP does not", { timeout, skip: noTcpserver }, async () => {
  await withTcpserver({ program: INET }, async (server) => {
    await withClient(server.port, async ({ pid, client }) => {
      signal(pid, "SIGHUP");
      await until(() => server.said().includes("Cannot restart: INET serves the one client"));
      client.say("hello");
      assert.equal(await client.line(), "you said hello");
      signal(pid, "SIGTERM");
      assert.equal(await client.rest(), "");
      assert.equal(await ended(server, pid), 0);
      assert.match(server.said(), /preServerClose/);
    });
  });
});

test(
  "INET takes the connection that systemd passes with Accept=yes",
  { timeout, skip: noTcpserver },
  async () => {
    // As systemd does it without StandardInput=socket: descriptor 3, and the variables for this very process.
    const pass = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 0</dev/null >/dev/null';
    await withTcpserver({ program: ["sh", "-c", pass, "sh", ...INET] }, async (server) => {
      await withClient(server.port, async ({ pid, words, client }) => {
        assert.equal(words[1], "127.0.0.1");
        client.say("quit");
        assert.equal(await client.rest(), "");
        assert.equal(await ended(server, pid), 0);
      });
    });
  },
);

/** Runs Tine with one end of a pair of sockets, and says `text` at the other; what is heard. */
function overPair(text: string, env: Record<string, string>): string {
  const script = `
    use Socket;
    socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
    if (!fork) { open STDIN, '<&', $theirs; open STDOUT, '>&', $theirs; close $_ for $ours, $theirs; exec @ARGV }
    close $theirs; syswrite $ours, ${
    JSON.stringify(text)
  }; shutdown $ours, 1; print while <$ours>; wait; exit $? >> 8`;
  const { stdout, status, stderr } = spawnSync("perl", ["-e", script, ...INET], {
    encoding: "utf8",
    env: { ...process.env, DENO_NO_PACKAGE_JSON: "1", ...env },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

test("INET believes what is told of a client at the other end of a pair of sockets", {
  timeout,
  skip: noPerl,
}, () => {
  const ucspi = {
    TCPREMOTEIP: "192.0.2.7",
    TCPREMOTEPORT: "4000",
    TCPLOCALIP: "192.0.2.1",
    TCPLOCALPORT: "25",
  };
  assert.match(
    overPair("hello\r\n", ucspi),
    /^\d+ 1 192\.0\.2\.7 4000 192\.0\.2\.1 25\r\nyou said hello\r\n$/,
  );
  assert.match(overPair("", { REMOTE_HOST: "192.0.2.8" }), /^\d+ 1 192\.0\.2\.8 0 {2}0\r\n$/);
  assert.match(overPair("", {}), /^\d+ 1 {2}0 {2}0\r\n$/);
});

/** What Tine says, and how it ends, where Perl prepares its standard input. */
function refusal(prepare: string): { status: number | null; stderr: string } {
  const script = `use Socket; ${prepare}; open STDIN, '<&', $s or die; exec @ARGV`;
  const { status, stderr } = spawnSync("perl", ["-e", script, ...INET], {
    encoding: "utf8",
    env: { ...process.env, DENO_NO_PACKAGE_JSON: "1" },
  });
  return { status, stderr };
}

test("INET refuses what is no client, in one line", { timeout, skip: noPerl }, () => {
  const start = "tine: Cannot serve as INET: standard input is";
  assert.deepEqual(refusal("pipe(my $r, my $w); our $s = $r"), {
    status: 64,
    stderr: `${start} no socket; start it from a super-server, such as tcpserver, xinetd or systemd\n`,
  });
  assert.deepEqual(refusal("socket(our $s, PF_INET, SOCK_STREAM, 0); listen($s, 1) or die"), {
    status: 64,
    stderr: `${start} a socket that listens; have the super-server accept (nowait, Accept=yes)\n`,
  });
  assert.deepEqual(refusal("socket(our $s, PF_INET, SOCK_DGRAM, 0)"), {
    status: 64,
    stderr: `${start} a datagram socket; give it a stream of its own\n`,
  });
});
