/**
 * What Perl's Net::Server decides on clients, to compare with. For tests only.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { askPerl, noNetServer } from "../config/net_server.ts";
import type { AccessOptions } from "../../lib/access/rules.ts";

/** Why Net::Server cannot be asked about blocks, for `skip`. */
export const noNetCidr: string | false = noNetServer ||
  (spawnSync("perl", ["-MNet::CIDR", "-e", "1"]).status === 0 ? false : "no perl with Net::CIDR");

/** One question: the rules and the client. */
export interface Question {
  readonly rules: AccessOptions;
  readonly address: string;
  readonly hostname?: string;
  readonly unix?: boolean;
}

/** `allow_deny` on a server that has nothing but rules and a client; null where it dies. */
const ALLOW_DENY = String.raw`
  no warnings;
  $SIG{__WARN__} = sub {};
  { package FakeClient; sub NS_proto { $_[0]{proto} } }
  my @answers;
  for my $q (@$in) {
    my $r = $q->{rules};
    utf8::encode($q->{hostname}) if defined $q->{hostname}; # a host name is bytes
    my $server = bless { server => {
      allow => $r->{allow} || [], deny => $r->{deny} || [],
      cidr_allow => $r->{cidrAllow} || [], cidr_deny => $r->{cidrDeny} || [],
      reverse_lookups => defined $q->{hostname} ? 1 : undef,
      peeraddr => $q->{address}, defined $q->{hostname} ? (peerhost => $q->{hostname}) : (),
      client => bless({ proto => $q->{unix} ? 'UNIX' : 'TCP' }, 'FakeClient'),
    } }, 'Net::Server';
    my $allowed = eval { $server->allow_deny ? JSON::PP::true : JSON::PP::false };
    push @answers, $allowed;
  }
  out(\@answers);
`;

/** For each question whether Net::Server lets the client in; null where it dies of the rules or of the address. */
export function askAllowDeny(questions: readonly Question[]): (boolean | null)[] {
  return askPerl(ALLOW_DENY, questions) as (boolean | null)[];
}
