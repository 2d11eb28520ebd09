/**
 * Net::Server itself, run by Perl, to compare with. For tests only.
 *
 * @module
 */

import { spawnSync } from "node:child_process";

/** Why Net::Server cannot be asked; false if it can. The value of `skip` for tests that need it. */
export const noNetServer: string | false =
  spawnSync("perl", ["-MNet::Server", "-MJSON::PP", "-e", "1"]).status === 0
    ? false
    : "no perl with Net::Server";

/**
 * Runs a Perl script with an input and gives what it prints, both as JSON. Text crosses as bytes, as Net::Server
 * reads them.
 */
export function askPerl(script: string, input: unknown): unknown {
  const prelude = "use strict; use warnings; use JSON::PP; use Net::Server; use Net::Server::PreFork;" +
    "my $in = JSON::PP->new->utf8->decode(do { local $/; <STDIN> });" +
    "sub out { print JSON::PP->new->ascii->canonical->allow_nonref->encode($_[0]) }";
  const child = spawnSync("perl", ["-e", prelude + script], {
    input: JSON.stringify(input),
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(`perl failed: ${child.stderr}`);
  return JSON.parse(child.stdout);
}

/** A stream of pseudo-random numbers from 0 to below 1 that is the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
