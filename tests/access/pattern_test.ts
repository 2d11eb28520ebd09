import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_INSTRUCTIONS, Pattern } from "../../lib/access/pattern.ts";
import { checkRule } from "../../lib/access/rules.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The longest name that DNS has. */
const LONGEST_NAME = 253;

/** Patterns with which a backtracking engine takes a time that doubles with each byte. */
const NASTY = [
  "^(a+)+$",
  "^(a|a)*$",
  "^(a|aa)+$",
  "^(.*)*(.*)*(.*)*x$",
  "^([a-z]+\\.?)*\\d$",
  "^(\\w+\\.)*(\\w+-?)*!$",
  "^(?:a?){200}a{200}$",
  "(x+x+)+y",
  "^((((a*)*)*)*)*b$",
  "^(?:(?:\\b|a)*)*c$",
  "^(.{1,30}){1,30}x$",
];

test("Pattern takes steps in proportion to a hostile host name's length, whatever the pattern", () => {
  for (const text of NASTY) {
    const pattern = new Pattern(text);
    for (const name of ["a".repeat(LONGEST_NAME), "a.".repeat(126) + "a", "x".repeat(LONGEST_NAME)]) {
      pattern.test(bytes(name + "!"));
      const bound = (name.length + 2) * (4 * pattern.size + 1);
      assert.ok(pattern.steps <= bound, `${text}: ${pattern.steps} steps, more than ${bound}`);
    }
  }
});

test("Pattern doubles its steps, and no more, for a name twice as long", () => {
  const pattern = new Pattern("^(a+)+$");
  const stepsFor = (length: number) => {
    assert.equal(pattern.test(bytes("a".repeat(length) + "!")), false);
    return pattern.steps;
  };
  const ratio = stepsFor(4000) / stepsFor(2000);
  assert.ok(ratio > 1.9 && ratio < 2.1, `${ratio}`);
});

test("Pattern stops at the first byte that no way through it takes", () => {
  const pattern = new Pattern("^192\\.168\\..+$");
  assert.equal(pattern.test(bytes("10." + "0".repeat(10_000))), false);
  assert.ok(pattern.steps < 10, `${pattern.steps}`);
});

test("Pattern is the same whatever it was asked before", () => {
  const pattern = new Pattern("^(?:a|b)+c$");
  for (let round = 0; round < 3; round++) {
    assert.equal(pattern.test(bytes("abac")), true);
    assert.equal(pattern.test(bytes("aba")), false);
    assert.equal(pattern.test(bytes("")), false);
  }
});

test("Pattern refuses what would grow too large, before it grows", () => {
  const blown = [
    "a{4000}",
    "((a{100}){100}){100}",
    "(?:){999999999,}",
    "(?:(?:a?){999999}){999999}",
    "a{99999999}",
  ];
  for (const text of blown) {
    assert.equal(checkRule(text), "its repeats with numbers make it too large", text);
  }
  assert.match(checkRule("a".repeat(4001)) ?? "", /longer than 4000/);
  assert.match(checkRule("(".repeat(200) + ")".repeat(200)) ?? "", /100 deep/);
  assert.ok(new Pattern("a{3000}").size <= MAX_INSTRUCTIONS);
});

test("checkRule says why it refuses, and where", () => {
  const cases: readonly [string, string][] = [
    ["(a)\\1", "it refers back to a group (character 4)"],
    ["(?<n>a)\\k<n>", "it refers back to a group (character 8)"],
    ["(?=a)", "it looks ahead or behind (character 1)"],
    ["a(?!b)", "it looks ahead or behind (character 2)"],
    ["(?<=a)b", "it looks ahead or behind (character 1)"],
    ["(?<!a)b", "it looks ahead or behind (character 1)"],
    ["(?>a+)b", "it has an atomic group (character 1)"],
    ["a++", "it has a possessive repeat (character 2)"],
    ["(?{ 1 })", "it has Perl code in it (character 1)"],
    ["(??{ 1 })", "it has Perl code in it (character 1)"],
    ["(?(1)a|b)", "it has a condition (character 1)"],
    ["(?R)", "it calls one of its own groups (character 1)"],
    ["(*FAIL)", "it has a verb for backtracking (character 1)"],
    ["(?#why)a", "it has a comment (character 1)"],
    ["(?x) a", "the flag x is not known here (character 1)"],
    ["(a", "a group is not closed (character 1)"],
    ["a)", "it closes a group that is not open (character 2)"],
    ["[a", "a class is not closed (character 1)"],
    ["[z-a]", "a range runs backwards (character 3)"],
    ["[[:alfa:]]", "[: or [= or [. in a class starts no name of a class (character 2)"],
    ["a**", "it repeats a repeat (character 3)"],
    ["a|*", "* has nothing before it to repeat (character 3)"],
    ["a{2,1}", "{2,1} asks for at least 2 and at most 1 (character 2)"],
    ["a{,2}", "{ is no repeat here, and as itself it is written \\{ (character 2)"],
    ["\\p{L}", "\\p is not known here (character 1)"],
    ["\\Gx", "\\G is not known here (character 1)"],
    ["b\u00fccher", "\u00fc is not ASCII (character 2)"],
  ];
  for (const [rule, reason] of cases) assert.equal(checkRule(rule), reason, rule);
});
