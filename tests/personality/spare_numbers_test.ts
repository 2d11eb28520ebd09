import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import {
  fillNumbers,
  findContradiction,
  forkNumbers,
  PREFORK_NUMBERS,
  type SpareNumbers,
} from "../../lib/personality/spare_numbers.ts";

const skip = spawnSync("perl", ["-MNet::Server::PreFork", "-e", "1"]).status === 0
  ? false
  : "no Perl with Net::Server";

const row = (minServers: number, minSpareServers: number, maxSpareServers: number, maxServers: number) => ({
  minServers,
  minSpareServers,
  maxSpareServers,
  maxServers,
});

const FILLED: readonly [string, Partial<SpareNumbers>, SpareNumbers][] = [
  ["nothing is given", {}, row(5, 2, 10, 50)],
  ["there is room for few", { maxServers: 3 }, row(3, 2, 2, 3)],
  ["there is room for one", { maxServers: 1 }, row(1, 0, 0, 1)],
  ["many are to be there at least", { minServers: 20 }, row(20, 2, 10, 50)],
  ["one is to be there at least", { minServers: 1 }, row(1, 1, 10, 50)],
  ["few may wait", { maxSpareServers: 1 }, row(5, 1, 1, 50)],
  ["all are given", row(4, 3, 6, 9), row(4, 3, 6, 9)],
];

for (const [title, given, expected] of FILLED) {
  test(`fillNumbers contradicts nothing that was given where ${title}`, () => {
    const numbers = fillNumbers(given, PREFORK_NUMBERS);
    assert.deepEqual(numbers, expected);
    assert.equal(findContradiction(numbers), undefined);
  });
}

test("Fork has two spares a core, four at most, and can do with one child", () => {
  assert.deepEqual(fillNumbers({}, forkNumbers(2)), row(0, 4, 8, 256));
  assert.deepEqual(fillNumbers({ maxServers: 1 }, forkNumbers(2)), row(0, 1, 1, 1));
  assert.equal(findContradiction(fillNumbers({ maxServers: 1 }, forkNumbers(2))), undefined);
});

/** Whether Net::Server::PreFork takes four numbers, all given. */
function perlTakes(cases: readonly SpareNumbers[]): boolean[] {
  const script = `
    use strict; use warnings; use JSON::PP;
    package Probe; use base 'Net::Server::PreFork';
    sub fatal { die "fatal\\n" } sub log {}
    package main;
    my @answers;
    for my $case (@{ decode_json($ARGV[0]) }) {
      my $server = Probe->new(%$case);
      $server->{server}{log_level} = 0;
      $server->{server}{$_} = $case->{$_} for keys %$case;
      push @answers, eval { $server->post_configure; 1 } ? JSON::PP::true : JSON::PP::false;
    }
    print encode_json(\\@answers);`;
  const given = cases.map((numbers) => ({
    min_servers: numbers.minServers,
    min_spare_servers: numbers.minSpareServers,
    max_spare_servers: numbers.maxSpareServers,
    max_servers: numbers.maxServers,
  }));
  return JSON.parse(execFileSync("perl", ["-e", script, JSON.stringify(given)], { encoding: "utf8" }));
}

test("findContradiction refuses the numbers that Net::Server::PreFork refuses", { skip }, () => {
  const cases: SpareNumbers[] = [];
  for (let minServers = 1; minServers < 6; minServers++) {
    for (let maxServers = 5; maxServers < 8; maxServers++) {
      for (let minSpare = 0; minSpare < 7; minSpare++) {
        for (let maxSpare = 0; maxSpare < 8; maxSpare++) {
          cases.push(row(minServers, minSpare, maxSpare, maxServers));
        }
      }
    }
  }
  const theirs = perlTakes(cases);
  assert.ok(theirs.includes(true) && theirs.includes(false));
  assert.deepEqual(cases.map((numbers) => findContradiction(numbers) === undefined), theirs);
});

test("findContradiction finds more children at least than at most", () => {
  assert.deepEqual(findContradiction(row(9, 2, 4, 5)), {
    low: "minServers",
    high: "maxServers",
    strictly: false,
  });
});
