/**
 * Net::Server's own parser of ports, as a reference.
 *
 * @module
 */

import { spawnSync } from "node:child_process";

/** What is asked: an entry and what the lists say for it, empty for nothing. */
export type Question = readonly [entry: string, host: string, proto: string, ipv: string];

/** One row of the answer. */
export interface Row {
  readonly port: string;
  readonly host: string;
  readonly proto: string;
  readonly ipv: string;
  readonly unixType: string;
}

// Names stay as they are: what is compared is the grammar, not this machine's resolver.
const SCRIPT = `use Net::Server::Proto;
no warnings;
*Net::Server::Proto::get_addr_info = sub { my ($class, $host, $port) = @_; return ([$host, $port, '*']) };
package Refusing; sub fatal { die $_[1] } sub log {}
package main;
delete $ENV{'IPV'};
chomp(my @questions = <STDIN>); # all of it first: the asking side reads nothing while it writes
for (@questions) {
  my ($entry, @lists) = split /\\t/, $_, -1;
  my @rows = eval {
    Net::Server::Proto->parse_info($entry, (map { length() ? $_ : undef } @lists), bless {}, 'Refusing');
  };
  print join("\\x02", map { join "\\x01", @$_{qw(port host proto ipv unix_type)} } @rows), "\\n";
}`;

/** Why there is no Net::Server to compare with; false if there is one. */
export const noNetServer: string | false = spawnSync("perl", ["-MNet::Server::Proto", "-e1"]).status === 0
  ? false
  : "no Perl with Net::Server";

/** What Net::Server understands, for each question; nothing where it refuses. */
export function askNetServer(questions: readonly Question[]): Row[][] {
  const input = questions.map((question) => question.join("\t") + "\n").join("");
  const { stdout, stderr } = spawnSync("perl", ["-e", SCRIPT], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const lines = stdout.split("\n").slice(0, -1);
  if (lines.length !== questions.length) throw new Error(`Cannot ask Net::Server: ${stderr}`);
  return lines.map((line) =>
    line === "" ? [] : line.split("\x02").map((row) => {
      const [port = "", host = "", proto = "", ipv = "", unixType = ""] = row.split("\x01");
      return { port, host, proto, ipv, unixType };
    })
  );
}
