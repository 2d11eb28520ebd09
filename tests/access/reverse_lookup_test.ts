import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  checkDoubleReverse,
  lookUpPeer,
  type PeerName,
  planLookups,
  type Resolver,
} from "../../lib/access/reverse_lookup.ts";
import { askPerl, noNetServer } from "../config/net_server.ts";
import { WAIT_MS } from "../support/limits.ts";
import { within } from "../support/until.ts";

/** A resolver that knows one name. */
function knowing(hostname: string, addresses: readonly string[] = []): Resolver & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    nameOf: (address) => (asked.push(address), Promise.resolve(hostname)),
    addressesOf: (name) => (asked.push(name), Promise.resolve(addresses)),
  };
}

const deadlineMs = WAIT_MS;
const never = () => new Promise<never>(() => {});
const failing = () => Promise.reject(new Error("Cannot resolve: a test"));

test("planLookups reads both options as Net::Server does", { skip: noNetServer }, () => {
  const texts = [
    "1",
    "on",
    "double",
    "double-detail",
    "double-autofail",
    "double-debug",
    "2",
    "Double-Debug",
    "0",
    "",
  ];
  const questions = [undefined, ...texts].flatMap((reverse) =>
    [undefined, "1", "on", "detail", "autofail", "debug", "0", ""].map((double) => ({ reverse, double }))
  );
  const theirs = askPerl(
    String.raw`
      my @answers;
      for my $q (@$in) {
        my %prop = (log_level => 0);
        $prop{reverse_lookups} = $q->{reverse} if defined $q->{reverse};
        $prop{double_reverse_lookups} = $q->{double} if defined $q->{double};
        my $server = bless { server => \%prop }, 'Net::Server';
        $server->post_configure;
        push @answers, { reverse => ($prop{reverse_lookups} ? 1 : 0), double => '' . ($prop{double_reverse_lookups} || '') };
      }
      out(\@answers);
    `,
    questions,
  ) as { reverse: number; double: string }[];
  for (const [i, { reverse, double }] of questions.entries()) {
    const plan = planLookups({ reverseLookups: reverse, doubleReverseLookups: double });
    assert.deepEqual(
      { reverse: plan === undefined ? 0 : 1, double: plan?.double ?? "" },
      theirs[i],
      JSON.stringify({ reverse, double }),
    );
  }
});

test("lookUpPeer finds a client's name, and asks for its addresses for `double` alone", async () => {
  const resolver = knowing("a.example.com", ["192.0.2.1"]);
  assert.deepEqual(await lookUpPeer("192.0.2.1", {}, { deadlineMs, resolver }), {
    hostname: "a.example.com",
  });
  assert.deepEqual(resolver.asked, ["192.0.2.1"]);
  assert.deepEqual(await lookUpPeer("192.0.2.1", { double: "1" }, { deadlineMs, resolver }), {
    hostname: "a.example.com",
    addresses: ["192.0.2.1"],
  });
});

test("lookUpPeer asks for the IPv4 address of a mapped one", async () => {
  const resolver = knowing("a.example.com");
  await lookUpPeer("::ffff:192.0.2.1", {}, { deadlineMs, resolver });
  assert.deepEqual(resolver.asked, ["192.0.2.1"]);
});

test("lookUpPeer takes nothing for a name that is none, or could pass for an address", async () => {
  const long = `${"a.".repeat(130)}example`;
  for (
    const name of ["10.0.0.1", "10.1", "::1", "fe80::a", "1.2.3.4.", "a.10", "", "a\nb", "a b.example", long]
  ) {
    assert.deepEqual(await lookUpPeer("192.0.2.1", {}, { deadlineMs, resolver: knowing(name) }), {}, name);
  }
  for (const name of ["localhost", "vm1", "10.0.0.1.example.com", "a.b-1", "example.com."]) {
    assert.deepEqual(
      await lookUpPeer("192.0.2.1", {}, { deadlineMs, resolver: knowing(name) }),
      { hostname: name },
      name,
    );
  }
});

test("lookUpPeer knows nothing where a lookup fails", async () => {
  assert.deepEqual(
    await lookUpPeer("192.0.2.1", { double: "1" }, {
      deadlineMs,
      resolver: { nameOf: failing, addressesOf: failing },
    }),
    {},
  );
  const half = { ...knowing("a.example.com"), addressesOf: failing };
  assert.deepEqual(await lookUpPeer("192.0.2.1", { double: "1" }, { deadlineMs, resolver: half }), {
    hostname: "a.example.com",
  });
});

test("lookUpPeer gives up at its deadline, which holds for both lookups together", async () => {
  const silent = { nameOf: never, addressesOf: never };
  const options = { deadlineMs: 20 };
  assert.deepEqual(
    await within(lookUpPeer("192.0.2.1", {}, { ...options, resolver: silent }), "the deadline"),
    {},
  );
  const half = { ...knowing("a.example.com"), addressesOf: never };
  assert.deepEqual(
    await within(lookUpPeer("192.0.2.1", { double: "1" }, { ...options, resolver: half })),
    { hostname: "a.example.com" },
  );
});

test("lookUpPeer does not change its answer when a lookup ends late", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const resolver = { nameOf: () => promise, addressesOf: never };
  const found = await lookUpPeer("192.0.2.1", {}, { deadlineMs: 1, resolver });
  resolve("late.example.com");
  await promise;
  assert.deepEqual(found, {});
});

/** The names that the hosts file gives to this machine. */
const local = readFileSync("/etc/hosts", "utf8").split("\n")
  .map((line) => line.replace(/#.*/, "").trim().split(/\s+/))
  .filter(([address]) => address === "127.0.0.1")
  .flatMap(([, ...names]) => names);

test(
  "lookUpPeer finds what stands in the hosts file",
  { skip: local.length === 0 && "no name for 127.0.0.1 in /etc/hosts" },
  async () => {
    const found = await lookUpPeer("127.0.0.1", { double: "1" }, { deadlineMs });
    assert.ok(local.includes(found.hostname ?? ""), `${found.hostname} is none of ${local.join(", ")}`);
    assert.deepEqual(checkDoubleReverse("127.0.0.1", found, "1"), { matches: true });
    assert.equal((await lookUpPeer("::ffff:127.0.0.1", {}, { deadlineMs })).hostname, found.hostname);
  },
);

test("checkDoubleReverse decides and logs as Net::Server does", { skip: noNetServer }, () => {
  const addresses = ["127.0.0.1", "::ffff:127.0.0.1", "2001:db8::1", "192.0.2.9"];
  const names: PeerName[] = [
    {},
    { hostname: "" },
    { hostname: "a.example.com" },
    { hostname: "a.example.com", addresses: [] },
    { hostname: "a.example.com", addresses: ["127.0.0.1"] },
    { hostname: "a.example.com", addresses: ["2001:db8::1", "192.0.2.1", "127.0.0.1", "127.0.0.1"] },
  ];
  const questions = addresses.flatMap((address) =>
    names.flatMap((name) =>
      ["1", "on", "-detail", "detail", "autofail", "-autofail", "debug", "-debug", "DETAIL", "DEBUG"]
        .map((double) => ({ address, name, double }))
    )
  );
  const theirs = askPerl(
    String.raw`
      my @lines;
      { no warnings; *Net::Server::log = sub { push @lines, $_[2] }; *Net::Server::log_time = sub { 'NOW' }; }
      my @answers;
      for my $q (@$in) {
        @lines = ();
        my $server = bless { server => { double_reverse_lookups => $q->{double} } }, 'Net::Server';
        my $rev = $q->{name}{addresses};
        my $addr = $q->{address} =~ /^::ffff:(\d.*)/ ? $1 : $q->{address};
        my $ok = $server->double_reverse_lookup($addr, $q->{name}{hostname},
          $rev && { map { $_ => 1 } @$rev }, $q->{address});
        push @answers, [$ok ? JSON::PP::true : JSON::PP::false, @lines];
      }
      out(\@answers);
    `,
    questions,
  ) as [boolean, string?][];
  for (const [i, { address, name, double }] of questions.entries()) {
    const { matches, line } = checkDoubleReverse(address, name, double);
    const ours = line === undefined ? [matches] : [matches, `NOW ${line}`];
    assert.deepEqual(ours, theirs[i], JSON.stringify({ address, name, double }));
  }
});

test("checkDoubleReverse compares addresses, not their texts", () => {
  const name = { hostname: "a.example.com", addresses: ["2001:db8:0:0::1", "::ffff:192.0.2.1"] };
  assert.equal(checkDoubleReverse("2001:db8::1", name, "1").matches, true);
  assert.equal(checkDoubleReverse("192.0.2.1", name, "1").matches, true);
  assert.equal(checkDoubleReverse("2001:db8::2", name, "1").matches, false);
  assert.equal(checkDoubleReverse("", name, "1").matches, false);
});
