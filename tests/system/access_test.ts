import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noNetCidr } from "../access/net_server_access.ts";
import { DnsServer, noDns, type Zone } from "../support/dns_server.ts";
import { timeout } from "../support/limits.ts";
import { PerlServer } from "../support/perl_server.ts";
import { fixture, signal, type TestServer, withServer } from "../support/server.ts";
import { until, within } from "../support/until.ts";

/** A client: where it comes from, and where it goes to. */
interface Visit {
  readonly from: string;
  readonly host: string;
  readonly port: number;
}

/** What a server says to a client up to the first end of line, or its own end; `Welcome` is said to those let in. */
async function greeting({ from, host, port }: Visit): Promise<string> {
  return await greetingOf(createConnection({ host, port, localAddress: from }));
}

async function greetingOf(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (data) => (text += data).includes("\n") && resolve());
  socket.on("error", (error) => text === "" ? reject(error) : resolve());
  socket.on("close", () => resolve());
  try {
    await within(promise, "a greeting");
    return text;
  } finally {
    socket.destroy();
  }
}

const isLetIn = async (visit: Visit) => (await greeting(visit)).startsWith("Welcome");

/** Lines about clients, without what differs from run to run. */
function clientLines(text: string): string[] {
  return text.split("\n").filter((line) => /CONNECT|Double/.test(line))
    .map((line) => line.replace(/^\S+ (?:\[\d+\] )?/, "").replaceAll(/\]:\d+/g, "]:PORT"))
    // Net::Server writes the address for a name that there is not.
    .map((line) => line.replace(/ \([\d.]+\) {2}Local/, " Local"));
}

const V4 = ["127.0.0.1", "127.0.0.2", "127.0.1.7"];

/** A configuration file of its own, for both. */
function configuration(lines: readonly string[]): Disposable & { path: string } {
  const folder = mkdtempSync(join(tmpdir(), "test-access-"));
  const path = join(folder, "both.conf");
  writeFileSync(path, lines.join("\n") + "\n");
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

interface Comparison {
  readonly clients?: readonly string[];
  readonly ports?: readonly string[];
  readonly through?: readonly string[];
}

/** Starts both with the same file, and compares whom they let in and what they log of it. Gives who was let in. */
async function compare(
  rules: readonly string[],
  { clients = [...V4, "::1"], ports = ["127.0.0.1:0", "[::1]:0"], through = [] }: Comparison = {},
): Promise<string[]> {
  using file = configuration([
    ...ports.map((port) => `port ${port}`),
    "max_servers 1",
    "log_level 3",
    ...rules,
  ]);
  const args = ["--conf_file", file.path];
  const admitted: string[] = [];
  await withServer(args, { ports: 0, wrapper: through }, async (server) => {
    await server.up(ports.length);
    await using theirs = await PerlServer.start(args, { ports: ports.length, through });
    for (const from of clients) {
      const index = from.includes(":") && ports.length > 1 ? 1 : 0;
      const visit = { from, host: from.includes(":") ? "::1" : "127.0.0.1" };
      const ours = await isLetIn({ ...visit, port: server.ports[index] as number });
      const perls = await isLetIn({ ...visit, port: theirs.ports[index] as number });
      assert.equal(ours, perls, `${from} with ${rules.join("; ")}\n${theirs.text}`);
      if (ours) admitted.push(from);
    }
    const said = () => [clientLines(server.text), clientLines(theirs.text)];
    await until(() => said().every((lines) => lines.length >= clients.length));
    const [ours, perls] = said();
    assert.deepEqual(ours, perls);
  });
  return admitted;
}

const RULES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["without rules everybody is let in", [], [...V4, "::1"]],
  ["allow lets in whom it matches whole", ["allow 127\\.0\\.0\\.\\d", "allow 127"], [
    "127.0.0.1",
    "127.0.0.2",
  ]],
  ["deny alone lets nobody in", ["deny 127\\.0\\.0\\.2"], []],
  ["deny goes before allow", ["allow .*", "deny 127\\.0\\.0\\.2"], ["127.0.0.1", "127.0.1.7", "::1"]],
  ["each alternative has one anchor", ["allow x|7", "allow 127\\.0\\.0\\.1|x"], ["127.0.0.1", "127.0.1.7"]],
  ["cidr_allow lets a block in", ["cidr_allow 127.0.0.0/30", "cidr_allow = ::1/128"], [
    "127.0.0.1",
    "127.0.0.2",
    "::1",
  ]],
  ["cidr_deny goes before allow and cidr_allow", [
    "cidr_allow 127/8",
    "cidr_deny 127.0.1.0-127.0.1.255",
    "cidr_deny = ::1/128",
    "allow .*",
    "deny .*2",
  ], ["127.0.0.1"]],
];

for (const [title, rules, wanted] of RULES) {
  test(`${title}, as Net::Server has it`, { timeout, skip: noNetCidr }, async () => {
    assert.deepEqual(await compare(rules), wanted);
  });
}

test("an IPv4-mapped peer is matched as the IPv4 address, as Net::Server has it", {
  timeout,
  skip: noNetCidr,
}, async () => {
  const rules = ["allow 127\\.0\\.0\\.1", "cidr_allow 127.0.0.2/32", "deny ::ffff:.*"];
  const admitted = await compare(rules, { ports: ["*:0"] });
  assert.deepEqual(admitted, ["127.0.0.1", "127.0.0.2"]);
});

/** Names as their owners might choose them. */
const ZONE: Zone = {
  names: {
    "127.0.0.2": ["good", "example", "com"],
    "127.0.0.3": ["spoofed", "example", "com"],
    "127.0.0.4": ["lost", "example", "com"],
    "127.0.0.5": ["10", "0", "0", "1"],
    "127.0.0.6": ["evil\n2026/01/01-00:00:00 CONNECT", "example", "com"],
    "127.0.0.7": ["a".repeat(63), "a".repeat(63), "a".repeat(63), "b-b"],
    "127.0.0.9": "silent",
  },
  addresses: { "good.example.com": "127.0.0.2", "spoofed.example.com": "192.0.2.1" },
};
/**
 * Where names are checked, Net::Server takes the address of a client without a name for its name, finds that it has
 * itself, and lets it in, other than its manual says; and its child dies of a name without an address.
 */
const NAMED = ["127.0.0.2", "127.0.0.3"];
const NAMELESS = ["127.0.0.8"];
const skip = noNetCidr || noDns;

const LOOKUPS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    "reverse_lookups lets names in, and logs them",
    ["reverse_lookups 1", "allow .+\\.example\\.com"],
    ["127.0.0.2", "127.0.0.3"],
  ],
  [
    "a client without a name is matched by its address",
    ["reverse_lookups on", "deny good\\..*", "allow .*"],
    ["127.0.0.3", "127.0.0.8"],
  ],
  ["double turns away whom a name does not have", ["reverse_lookups double"], ["127.0.0.2"]],
  [
    "double_reverse_lookups = detail says which addresses a name has",
    ["double_reverse_lookups detail", "allow .*"],
    ["127.0.0.2"],
  ],
  ["double-debug says so for those let in, too", ["reverse_lookups double-debug"], ["127.0.0.2"]],
  ["double-autofail turns everybody away", ["reverse_lookups double-autofail"], []],
  [
    "rules come after double_reverse_lookups",
    ["double_reverse_lookups 1", "deny 127\\.0\\.0\\.2", "allow .*"],
    [],
  ],
];

for (const [title, rules, wanted] of LOOKUPS) {
  test(`${title}, as Net::Server has it`, { timeout, skip }, async () => {
    await using dns = await DnsServer.start(ZONE);
    const { through } = dns;
    const clients = rules.some((rule) => rule.includes("double")) ? NAMED : [...NAMED, ...NAMELESS];
    assert.deepEqual(await compare(rules, { clients, ports: ["127.0.0.1:0"], through }), wanted);
  });
}

/** Starts a server of ours with lines of configuration. */
async function withRules(
  lines: readonly string[],
  options: { readonly wrapper?: readonly string[]; readonly handler?: string },
  body: (server: TestServer) => Promise<void>,
): Promise<void> {
  using file = configuration(["port 127.0.0.1:0", "max_servers 1", "log_level 3", ...lines]);
  await withServer(["--conf_file", file.path], { ...options, ports: 0 }, async (server) => {
    await server.up(1);
    await body(server);
  });
}

test(
  "a name that is none, and a name without an address, let nobody in",
  { timeout, skip: noDns },
  async () => {
    await using dns = await DnsServer.start(ZONE);
    const lines = ["reverse_lookups double", "allow .*"];
    await withRules(lines, { wrapper: dns.through }, async (server) => {
      const visit = { host: "127.0.0.1", port: server.port };
      for (const from of ["127.0.0.4", "127.0.0.5", "127.0.0.6"]) {
        assert.equal(await isLetIn({ ...visit, from }), false);
      }
      assert.equal(await isLetIn({ ...visit, from: "127.0.0.2" }), true);
      await server.says(/\] DENY 127\.0\.0\.6:\d+: double_reverse_lookups\n/);
      // The end of line in the name of 127.0.0.6 has begun no line.
      assert.equal(server.count(/\n2026\/01\/01/), 0);
      await server.says(/\] Double reverse missing host from addr 127\.0\.0\.5\n/);
      await server.says(
        /\] Double reverse missing reverse addrs from host lost\.example\.com \(127\.0\.0\.4\)\n/,
      );
    });
  },
);

test(
  "a resolver that never answers holds a child no longer than lookup_timeout",
  { timeout, skip: noDns },
  async () => {
    await using dns = await DnsServer.start(ZONE);
    const lines = ["reverse_lookups 1", "lookup_timeout 0.2", "allow .*"];
    await withRules(lines, { wrapper: dns.through }, async (server) => {
      const visit = { host: "127.0.0.1", port: server.port };
      // The one child serves both: the resolver would go on asking for 150 seconds.
      assert.equal(await isLetIn({ ...visit, from: "127.0.0.9" }), true);
      assert.equal(await isLetIn({ ...visit, from: "127.0.0.2" }), true);
      assert.ok(dns.questions > 0);
      await server.says(/CONNECT TCP Peer: "\[127\.0\.0\.9\]:\d+" Local/);
      await server.says(/CONNECT TCP Peer: "\[127\.0\.0\.2\]:\d+" \(good\.example\.com\) {2}Local/);
    });
  },
);

test(
  "a pattern over which a backtracking engine would despair stops no child",
  { timeout, skip: noDns },
  async () => {
    await using dns = await DnsServer.start(ZONE);
    const lines = ["reverse_lookups 1", "deny (([a.]+)+)+x", "deny ((a|aa|a.a)*)*\\.c", "allow .*"];
    await withRules(lines, { wrapper: dns.through }, async (server) => {
      const visit = { host: "127.0.0.1", port: server.port, from: "127.0.0.7" };
      assert.equal(await isLetIn(visit), true);
      assert.equal(await isLetIn(visit), true);
      await server.says(/CONNECT TCP Peer: "\[127\.0\.0\.7\]:\d+" \(a{63}\.a{63}\.a{63}\.b-b\)/);
    });
  },
);

test("a denial says by which rule, and its client gets requestDenied; others know their addresses", {
  timeout,
}, async () => {
  const lines = ["deny 127\\.0\\.0\\.2", "cidr_deny 127.0.0.4/30", "allow 127.0.0.*"];
  await withRules(lines, { handler: fixture("addresses.ts") }, async (server) => {
    const visit = { host: "127.0.0.1", port: server.port };
    assert.equal(await greeting({ ...visit, from: "127.0.0.2" }), "denied 127.0.0.2\n");
    assert.equal(await greeting({ ...visit, from: "127.0.0.5" }), "denied 127.0.0.5\n");
    assert.equal(await greeting({ ...visit, from: "127.0.1.1" }), "denied 127.0.1.1\n");
    assert.match(
      await greeting({ ...visit, from: "127.0.0.9" }),
      new RegExp(`^127\\.0\\.0\\.9 \\d+ 127\\.0\\.0\\.1 ${server.port} undefined\n$`),
    );
    await server.says(/\] DENY 127\.0\.0\.2:\d+: deny 127\\\.0\\\.0\\\.2\n/);
    await server.says(/\] DENY 127\.0\.0\.5:\d+: cidr_deny 127\.0\.0\.4\/30\n/);
    await server.says(/\] DENY 127\.0\.1\.1:\d+: no rule allows it\n/);
  });
});

test("a handler knows peerhost with reverse_lookups", { timeout, skip: noDns }, async () => {
  await using dns = await DnsServer.start(ZONE);
  await withRules(
    ["reverse_lookups 1"],
    { wrapper: dns.through, handler: fixture("addresses.ts") },
    async (server) => {
      const visit = { host: "127.0.0.1", port: server.port };
      assert.match(await greeting({ ...visit, from: "127.0.0.3" }), / spoofed\.example\.com\n$/);
      assert.match(await greeting({ ...visit, from: "127.0.0.8" }), / undefined\n$/);
    },
  );
});

for (
  const [rule, complaint] of [
    ["allow 127\\.(0|1", /both\.conf:4:7: Cannot set allow to "127\\\\\.\(0\|1": a group is not closed/],
    ["deny (a+)\\1", /both\.conf:4:6: Cannot set deny to .*: it refers back to a group/],
    ["cidr_allow 127.0.0.0/33", /both\.conf:4:12: Cannot set cidr_allow to .*: \/33 is not from \/0 to \/32/],
    ["cidr_deny = example.com", /both\.conf:4:13: Cannot set cidr_deny to .*: example\.com is no address/],
  ] as const
) {
  test(
    `the rule ${rule} ends the server at its start with status 78, and tells its place`,
    { timeout },
    async () => {
      using file = configuration(["port 127.0.0.1:0", "max_servers 1", "log_level 3", rule]);
      const options = { ports: 0, code: 78 };
      await withServer(["--conf_file", file.path], options, async (server) => {
        assert.deepEqual(await server.end(), { code: 78, signal: null });
        assert.match(server.text, complaint);
        assert.equal(server.text.trimEnd().split("\n").length, 1, server.text);
      });
    },
  );
}

test(
  "clients of a unix socket are let in whatever the rules say, as Net::Server has it",
  { timeout },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "test-access-"));
    const lines = ["port 127.0.0.1:0", "max_servers 1", "log_level 3", "deny .*"];
    const paths = ["ours", "theirs"].map((name) => join(folder, name));
    const files = paths.map((path) => configuration([...lines, `port ${path}|unix`]));
    const [ours, theirs] = files.map(({ path }) => ["--conf_file", path]) as [string[], string[]];
    try {
      await withServer(ours, { ports: 0 }, async (server) => {
        await server.up(1);
        await using perl = await PerlServer.start(theirs);
        for (const path of paths) assert.match(await greetingOf(createConnection({ path })), /^Welcome/);
        for (const port of [server.port, ...perl.ports]) {
          assert.equal(await isLetIn({ from: "127.0.0.1", host: "127.0.0.1", port }), false);
        }
      });
    } finally {
      for (const file of files) file[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    }
  },
);

test("senders of datagrams are judged like clients", { timeout }, async () => {
  using file = configuration([
    "port 127.0.0.1:0/udp",
    "max_servers 1",
    "log_level 3",
    "deny .*\\.2",
    "allow .*",
  ]);
  await withServer(["--conf_file", file.path], { ports: 0 }, async (server) => {
    await server.up(1);
    const ask = async (from: string, answered: Promise<void>): Promise<string[]> => {
      const socket = createSocket("udp4");
      const heard: string[] = [];
      socket.on("message", (bytes) => heard.push(bytes.toString()));
      socket.bind(0, from);
      await once(socket, "listening");
      socket.send("hello", server.port, "127.0.0.1");
      await answered;
      await until(() => from.endsWith("2") || heard.length > 0);
      socket.close();
      return heard;
    };
    assert.deepEqual(await ask("127.0.0.2", server.says(/DENY 127\.0\.0\.2:\d+: deny/)), []);
    assert.equal((await ask("127.0.0.1", server.says(/CONNECT UDP Peer: "\[127\.0\.0\.1\]/))).length, 1);
  });
});

test(
  "a restart takes new rules, and goes on with the old ones where the new are bad",
  { timeout },
  async () => {
    const lines = ["port 127.0.0.1:0", "max_servers 1", "log_level 4"];
    using file = configuration([...lines, "allow 127\\.0\\.0\\.1"]);
    const rewrite = (rule: string) => writeFileSync(file.path, [...lines, rule].join("\n") + "\n");
    await withServer(["--conf_file", file.path], { ports: 0 }, async (server) => {
      await server.up(1);
      const both = async () => {
        const visit = { host: "127.0.0.1", port: server.port };
        return [
          await isLetIn({ ...visit, from: "127.0.0.1" }),
          await isLetIn({ ...visit, from: "127.0.0.2" }),
        ];
      };
      await server.untilReady(1);
      assert.deepEqual(await both(), [true, false]);
      rewrite("allow 127\\.0\\.0\\.(2");
      signal(server.pid, "SIGHUP");
      await server.says(
        /Cannot restart: .*both\.conf:4:7: Cannot set allow to .*; going on with the present/,
      );
      assert.deepEqual(await both(), [true, false]);
      rewrite("allow 127\\.0\\.0\\.2");
      signal(server.pid, "SIGHUP");
      await server.says(/Reloaded in/);
      assert.deepEqual(await both(), [false, true]);
    });
  },
);
