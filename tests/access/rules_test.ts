import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccessOptions, compileRules, decide, type Peer, type Rules } from "../../lib/access/rules.ts";
import { ConfigError } from "../../lib/errors.ts";
import { noNetServer, randomNumbers } from "../config/net_server.ts";
import { askAllowDeny, noNetCidr, type Question } from "./net_server_access.ts";

function answer(options: AccessOptions, peer: Peer): string {
  const { verdict, rule } = decide(compileRules(options) as Rules, peer);
  return rule === undefined ? verdict : `${verdict}: ${rule}`;
}

test("compileRules gives undefined where there is no rule", () => {
  assert.equal(compileRules({}), undefined);
  assert.equal(compileRules({ allow: [], deny: [], cidrAllow: [], cidrDeny: undefined }), undefined);
});

test("compileRules names the option, the rule, why and what to do", () => {
  const refused = (options: AccessOptions, option: string, message: RegExp) =>
    assert.throws(
      () => compileRules(options),
      (error) => error instanceof ConfigError && error.option === option && message.test(error.message),
    );
  refused(
    { allow: [".*", "(a"] },
    "allow",
    /^Cannot use allow "\(a": a group is not closed \(character 1\); write/,
  );
  refused({ deny: ["(a)\\1"] }, "deny", /^Cannot use deny "\(a\)\\1": it refers back to a group/);
  refused(
    { cidrAllow: ["10/33"] },
    "cidr_allow",
    /^Cannot use cidr_allow "10\/33": \/33 is not .*; give a block/,
  );
  refused({ cidrDeny: ["x"] }, "cidr_deny", /^Cannot use cidr_deny "x": x is no address; give a block/);
});

const CASES: readonly [string, AccessOptions, Peer, string][] = [
  ["allow", { allow: ["127\\.0\\.0\\.1"] }, { address: "127.0.0.1" }, "allow: allow 127\\.0\\.0\\.1"],
  ["no allow that matches", { allow: ["10\\..*"] }, { address: "127.0.0.1" }, "none"],
  ["deny before allow", { allow: [".*"], deny: ["127.*"] }, { address: "127.0.0.1" }, "deny: deny 127.*"],
  ["deny alone lets nobody in", { deny: ["10\\..*"] }, { address: "127.0.0.1" }, "none"],
  ["cidr_deny alone lets nobody in", { cidrDeny: ["10/8"] }, { address: "127.0.0.1" }, "none"],
  [
    "cidr_deny before allow",
    { allow: [".*"], cidrDeny: ["127/8"] },
    { address: "127.0.0.1" },
    "deny: cidr_deny 127/8",
  ],
  [
    "deny before cidr_allow",
    { deny: [".*1"], cidrAllow: ["127/8"] },
    { address: "127.0.0.1" },
    "deny: deny .*1",
  ],
  [
    "cidr_allow beside allow",
    { allow: ["x"], cidrAllow: ["127/8"] },
    { address: "127.0.0.1" },
    "allow: cidr_allow 127/8",
  ],
  ["the whole address counts", { allow: ["10\\."] }, { address: "10.0.0.1" }, "none"],
  ["an anchor of the first alternative", { allow: ["10|x"] }, { address: "10.0.0.1" }, "allow: allow 10|x"],
  ["an anchor of the last alternative", { allow: ["x|1"] }, { address: "10.0.0.1" }, "allow: allow x|1"],
  ["alternatives in a group are whole", { allow: ["(10|1)"] }, { address: "10.0.0.1" }, "none"],
  [
    "a final end of line does not count",
    { allow: ["a"] },
    { address: "", hostname: "a\n" },
    "allow: allow a",
  ],
  ["an inner end of line does", { allow: ["a.*"] }, { address: "", hostname: "a\nb" }, "none"],
  [
    "a line starts after an end of line",
    { allow: ["(?m)a\n^b"] },
    { address: "a\nb" },
    "allow: allow (?m)a\n^b",
  ],
  ["no line starts at the end", { allow: ["(?m)a\n^"] }, { address: "a\n" }, "none"],
  ["flags hold in later alternatives", { allow: ["x(?i)|A"] }, { address: "a" }, "allow: allow x(?i)|A"],
  ["flags end with their group", { allow: ["((?i)a)b"] }, { address: "AB" }, "none"],
  [
    "a mapped address is IPv4",
    { allow: ["127\\.0\\.0\\.1"] },
    { address: "::ffff:127.0.0.1" },
    "allow: allow 127\\.0\\.0\\.1",
  ],
  [
    "a mapped address in a block",
    { cidrAllow: ["127/8"] },
    { address: "::ffff:127.0.0.1" },
    "allow: cidr_allow 127/8",
  ],
  [
    "an IPv6 address",
    { cidrAllow: ["2001:db8::/32"] },
    { address: "2001:db8::1" },
    "allow: cidr_allow 2001:db8::/32",
  ],
  [
    "an address with a zone",
    { cidrAllow: ["fe80::/10"] },
    { address: "fe80::1%eth0" },
    "allow: cidr_allow fe80::/10",
  ],
  [
    "the host name",
    { allow: [".+\\.example\\.com"] },
    { address: "::1", hostname: "a.example.com" },
    "allow: allow .+\\.example\\.com",
  ],
  [
    "a host name denied",
    { allow: [".*"], deny: ["a.+"] },
    { address: "::1", hostname: "a.test" },
    "deny: deny a.+",
  ],
  [
    "no host name: the address",
    { allow: ["::1"] },
    { address: "::1", hostname: undefined },
    "allow: allow ::1",
  ],
  ["case counts", { allow: ["A"] }, { address: "", hostname: "a" }, "none"],
  ["unless it does not", { allow: ["(?i)A"] }, { address: "", hostname: "a" }, "allow: allow (?i)A"],
  ["no address, for a block to deny", { allow: [".*"], cidrDeny: ["10/8"] }, { address: "?" }, "error"],
  ["no address, for a block to allow", { cidrAllow: ["10/8"] }, { address: "?" }, "error"],
  [
    "no address, but a pattern decides",
    { deny: ["\\?"], cidrDeny: ["10/8"] },
    { address: "?" },
    "deny: deny \\?",
  ],
  ["unix peers are let in", { deny: [".*"] }, { transport: "unix", address: "" }, "allow"],
];

for (const [title, options, peer, wanted] of CASES) {
  test(`decide: ${title}`, () => assert.equal(answer(options, peer), wanted));
}

/** Whether Tine lets the client in; undefined where it refuses a rule. */
function isLetIn({ rules, address, hostname, unix }: Question): boolean | undefined {
  try {
    const compiled = compileRules(rules);
    if (compiled === undefined) return true;
    const peer = { transport: unix ? "unix" as const : "tcp" as const, address, hostname };
    return decide(compiled, peer).verdict === "allow";
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** Compares both, where Tine takes the rules. Gives how many questions that was, and how many were answered yes. */
function compare(questions: readonly Question[]): { taken: number; allowed: number } {
  const theirs = askAllowDeny(questions);
  let taken = 0;
  let allowed = 0;
  for (const [i, question] of questions.entries()) {
    const ours = isLetIn(question);
    if (ours === undefined) continue;
    taken++;
    if (ours) allowed++;
    // Net::Server dies where Tine says no.
    assert.equal(ours, theirs[i] ?? false, JSON.stringify(question));
  }
  return { taken, allowed };
}

test("decide answers the cases as Net::Server does", { skip: noNetCidr }, () => {
  // Net::CIDR does not know zones.
  const questions = CASES.filter(([title]) => !title.includes("zone")).map(([, rules, peer]) => ({
    rules,
    address: peer.address,
    ...(peer.hostname === undefined ? {} : { hostname: peer.hostname }),
    unix: peer.transport === "unix",
  }));
  assert.equal(compare(questions).taken, questions.length);
});

const REAL_RULES = [
  "127\\.0\\.0\\.1",
  "10\\.\\d+\\.\\d+\\.\\d+",
  "192\\.168\\..+",
  ".+\\.(net|com)",
  "domain\\.com",
  "a.+",
  "localhost",
  "(?:10|172\\.(?:1[6-9]|2\\d|3[01]))\\..*",
  "[\\w-]+\\.example\\.(?:com|org)",
  "(?i).*\\.EXAMPLE\\.com",
  "::1",
  "2001:db8:[\\da-f:]*",
  "host\\d{1,3}\\.example\\.com",
  "127.0.0.1|::1",
  "^10\\..*",
  ".*\\.example\\.com$",
  ".*",
  "*.example.com",
  "",
  "(?^:10\\..*)",
  "\\S+\\bexample\\b\\S*",
  "[[:alpha:]]+",
  "fe80::[[:xdigit:]:]+",
];
const REAL_PEERS = [
  "127.0.0.1",
  "10.1.2.3",
  "192.168.0.7",
  "172.16.5.4",
  "172.32.0.1",
  "::1",
  "2001:db8::1",
  "fe80::1",
  "::ffff:10.1.2.3",
];
const REAL_NAMES = [
  undefined,
  "localhost",
  "a.example.com",
  "HOST.EXAMPLE.COM",
  "host12.example.com",
  "host1234.example.com",
  "x.net",
  "domain.com",
  "sub.domain.com",
  "example.com\n",
  "-",
  "b\u00fccher.example.com",
];
const REAL_BLOCKS = [
  "127.0.0.0/8",
  "10/8",
  "192.168/16",
  "2001:db8::/32",
  "::/0",
  "10.1.2.0-10.1.2.9",
  "::1/128",
];

test("decide lets in whom Net::Server lets in, with rules as people write them", { skip: noNetCidr }, () => {
  const random = randomNumbers(9);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const some = <T>(list: readonly T[]) => Array.from({ length: Math.floor(random() * 3) }, () => pick(list));
  const questions = Array.from({ length: 4000 }, () => {
    const hostname = pick(REAL_NAMES);
    return {
      rules: {
        allow: some(REAL_RULES),
        deny: random() < 0.5 ? [] : some(REAL_RULES),
        cidrAllow: some(REAL_BLOCKS),
        cidrDeny: random() < 0.7 ? [] : some(REAL_BLOCKS),
      },
      address: pick(REAL_PEERS),
      ...(hostname === undefined ? {} : { hostname }),
    };
  });
  const { taken, allowed } = compare(questions);
  assert.equal(taken, questions.length);
  assert.ok(allowed > 1000 && allowed < 3000, `${allowed} let in`);
});

const TOKENS = [
  ..."abA120.-_: \n@%#(()))||*+?^${}[]\\",
  "\\.",
  "\\d",
  "\\w",
  "\\s",
  "\\b",
  "\\B",
  "\\D",
  "\\W",
  "\\S",
  "[a-c]",
  "[^a]",
  "[0-9]",
  "[]a]",
  "[^]]",
  "[a-]",
  "[\\d.]",
  "[[:alpha:]]",
  "[[:^upper:]]",
  "[[:upper:]b]",
  "[^[:^lower:]]",
  "(?i)",
  "(?-i)",
  "(?i:",
  "(?:",
  "(?s)",
  "(?m)",
  "(?m:",
  "(?^i:",
  "(?<n>",
  "{2}",
  "{1,2}",
  "{0,1}",
  "{2,}",
  "{,2}",
  "*?",
  "+?",
  "??",
  "++",
  "\\A",
  "\\z",
  "\\Z",
  "\\n",
  "\\t",
  "\\x61",
  "\\x{62}",
  "\\061",
  "\\0",
  "\\h",
  "\\v",
  "\\N",
  "\\_",
  "(?=a)",
  "\\1",
];
const TEXT = [..."aabbcABC1120.-_\n *{}]\\/"];

test("decide agrees with Perl on any pattern that it takes", { skip: noNetServer }, () => {
  const random = randomNumbers(1);
  const word = (alphabet: readonly string[], least: number, most: number) => {
    const length = least + Math.floor(random() * (most - least + 1));
    return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
  };
  const questions = Array.from({ length: 20_000 }, () => {
    const rule = word(TOKENS, 1, 8);
    const open = (rule.match(/(?<!\\)\(/g) ?? []).length - (rule.match(/(?<!\\)\)/g) ?? []).length;
    return { rules: { allow: [rule + ")".repeat(Math.max(0, open))] }, address: word(TEXT, 0, 5) };
  });
  const { taken, allowed } = compare(questions);
  assert.ok(taken > 7000, `${taken} of ${questions.length} patterns taken`);
  assert.ok(allowed > 500, `${allowed} matched`);
});

test("decide agrees with Net::CIDR on blocks and ranges", { skip: noNetCidr }, () => {
  const random = randomNumbers(2);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const v4 = () =>
    [pick([10, 11, 192, 0, 255]), pick([0, 1, 255]), pick([0, 128]), pick([0, 1, 2, 255])].join(".");
  const v6 = () =>
    pick([
      "::",
      "::1",
      "2001:db8::",
      "2001:db8::1",
      "2001:DB8:1::f",
      "1:2:3:4:5:6:7:8",
      "::ffff:10.0.0.1",
      "ffff::",
    ]);
  const block = () => {
    const kind = random();
    if (kind < 0.4) return `${v4()}/${Math.floor(random() * 33)}`;
    if (kind < 0.7) return `${v6()}/${Math.floor(random() * 129)}`;
    return kind < 0.9
      ? `${v4()}-${v4()}`
      : pick(["10/8", "192.0/16", "10.1./16", " 10.0.0.0 / 8", "0/0", "::/0"]);
  };
  const blocks = (most: number) => Array.from({ length: Math.floor(random() * most) }, block);
  const questions = Array.from({ length: 5000 }, () => ({
    rules: { cidrDeny: blocks(2), cidrAllow: blocks(4) },
    address: random() < 0.6 ? v4() : v6(),
  }));
  const { taken, allowed } = compare(questions);
  assert.ok(taken > 2500 && allowed > 500, `${taken} taken, ${allowed} let in`);
});
