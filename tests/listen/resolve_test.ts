import assert from "node:assert/strict";
import { test } from "node:test";
import { type Machine, thisMachine, withDeadline } from "../../lib/listen/machine.ts";
import { parsePort, type PortSpec } from "../../lib/config/port_spec.ts";
import { type Resolution, resolve, servicePort } from "../../lib/listen/resolve.ts";

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  both: ["127.0.0.1", "::1"],
  four: ["127.0.0.1", "127.0.0.1"],
  six: ["::1"],
  mapped: ["::ffff:10.0.0.1", "10.0.0.1"],
  none: [],
};

function machine(changes: Partial<Machine> = {}): Machine {
  return {
    lookup: (host) => {
      const found = HOSTS[host];
      if (found === undefined) return Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
      return Promise.resolve(
        found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    },
    readServices: () => "http 80/tcp www # web\nntp 123/udp\n",
    canBindIPv6: () => true,
    isV6OnlyByDefault: () => false,
    ...changes,
  };
}

async function ask(text: string, changes?: Partial<Machine>): Promise<Resolution | string> {
  return await resolve(parsePort(text) as PortSpec, machine(changes));
}

/** `[::]:80/6+4`: an IPv6 socket that serves IPv4 too. */
function short(resolution: Resolution | string): string[] | string {
  if (typeof resolution === "string") return resolution;
  return resolution.targets.map(({ address: { hostname, port, path }, ipv, v6Only }) =>
    path ?? `${hostname} ${port} ${ipv}${ipv === "6" && !v6Only ? "+4" : ""}`
  );
}

const CASES: readonly [string, readonly string[]][] = [
  ["80", [":: 80 6+4"]],
  ["80/IPv4", ["0.0.0.0 80 4"]],
  ["80/IPv6", [":: 80 6"]],
  ["80/IPv4/IPv6", [":: 80 6", "0.0.0.0 80 4"]],
  ["[::]:80", [":: 80 6+4"]],
  ["[::]:80/IPv6", [":: 80 6"]],
  ["0.0.0.0:80", ["0.0.0.0 80 4"]],
  ["both:80", ["127.0.0.1 80 4", "::1 80 6"]],
  ["both:80/IPv4", ["127.0.0.1 80 4"]],
  ["both:80/IPv6", ["::1 80 6"]],
  ["both:80/IPv4/IPv6", ["::1 80 6", "127.0.0.1 80 4"]],
  ["four:80", ["127.0.0.1 80 4"]],
  ["mapped:80", ["::ffff:10.0.0.1 80 6+4"]],
  ["[::FFFF:10.0.0.1]:80", ["::ffff:10.0.0.1 80 6+4"]],
  ["[0:0:0:0:0:0:0:1]:80", ["::1 80 6"]],
  ["127.0.0.1:80/IPv6", ["127.0.0.1 80 4"]],
  ["[::1]:80/IPv4", ["::1 80 6"]],
  ["four:http", ["127.0.0.1 80 4"]],
  ["four:www", ["127.0.0.1 80 4"]],
  ["four:ntp/udp", ["127.0.0.1 123 4"]],
  ["/run/x.sock|unix", ["/run/x.sock"]],
];

for (const [text, expected] of CASES) {
  test(`resolve finds what ${text} means`, async () => {
    assert.deepEqual(short(await ask(text)), expected);
  });
}

test("resolve leaves IPv4 to an IPv6 socket that serves it, and says so", async () => {
  const resolution = await ask("80") as Resolution;
  assert.deepEqual(resolution.notes, [
    "Not including resolved host [0.0.0.0] IPv4 because it will be handled by [::] IPv6",
  ]);
});

test("resolve binds both families where IPv6 sockets leave IPv4 alone", async () => {
  const changes = { isV6OnlyByDefault: () => true };
  assert.deepEqual(short(await ask("80", changes)), [":: 80 6", "0.0.0.0 80 4"]);
  assert.deepEqual(short(await ask("[::]:80", changes)), [":: 80 6"]);
});

test("resolve means IPv4 alone on a machine without IPv6, and says so", async () => {
  const changes = { canBindIPv6: () => false };
  assert.deepEqual(short(await ask("80", changes)), ["0.0.0.0 80 4"]);
  assert.deepEqual(short(await ask("both:80", changes)), ["127.0.0.1 80 4"]);
  assert.equal((await ask("both:80", changes) as Resolution).notes.length, 1);
  assert.deepEqual(short(await ask("six:80", changes)), ["::1 80 6"], "the bind tells why not");
});

const REFUSED: readonly [string, RegExp][] = [
  ["nowhere:80", /the host "nowhere" cannot be resolved \(ENOTFOUND\); check its name/],
  ["none:80", /has no address/],
  ["four:80/IPv6", /the host "four" has no IPv6 address/],
  ["four:80/IPv4/IPv6", /the host "four" has no IPv6 address/],
  ["six:80/IPv4", /the host "six" has no IPv4 address/],
  ["four:gopher", /no service "gopher" for tcp/],
  ["four:http/udp", /no service "http" for udp/],
  ["443/ssl", /ssl is not supported yet/],
];

for (const [text, reason] of REFUSED) {
  test(`resolve says why ${text} cannot be bound`, async () => {
    assert.match(String(await ask(text)), reason);
  });
}

test("a resolver that does not answer is given up", async () => {
  const late = withDeadline(new Promise(() => {}), 20);
  await assert.rejects(late, (error: { code?: string }) => /^ETIMEOUT, no answer/.test(error.code ?? ""));
  const resolution = await ask("slow:80", { lookup: () => withDeadline(new Promise(() => {}), 20) });
  assert.match(String(resolution), /cannot be resolved \(ETIMEOUT, no answer within 0.02 s\)/);
});

test("this machine resolves localhost", async () => {
  const found = await thisMachine.lookup("localhost");
  assert.ok(found.some(({ address }) => address === "127.0.0.1" || address === "::1"));
  assert.equal(typeof thisMachine.canBindIPv6("::1"), "boolean");
  assert.equal(thisMachine.canBindIPv6("2001:db8::1"), false);
  assert.equal(typeof thisMachine.isV6OnlyByDefault(), "boolean");
});

test("servicePort reads names, aliases and protocols", () => {
  const services = "# comment\nhttp 80/tcp www # web\ndomain 53/udp\ndomain 53/tcp\n";
  assert.equal(servicePort("http", "tcp", services), 80);
  assert.equal(servicePort("www", "tcp", services), 80);
  assert.equal(servicePort("http", "udp", services), undefined);
  assert.equal(servicePort("domain", "udp", services), 53);
});
