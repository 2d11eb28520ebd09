#!/usr/bin/env perl
# The original: Perl's Net::Server::Multiplex with the echo that Net::Server brings for the others.
#
#   multiplex.pl

package Original;

use strict;
use warnings;
use parent 'Net::Server::Multiplex';

sub post_bind_hook { print STDERR 'Bound to auto-assigned port ', $_[0]->{'server'}{'sock'}[0]->sockport, "\n" }
sub mux_connection { print "Welcome to \"Original\" ($$)\r\n" }

sub mux_input {
    my ($self, $mux, $client, $input) = @_;
    while ($$input =~ s/^(.*?)\r?\n//) { print "Original:$$: You said \"$1\"\r\n" }
}

__PACKAGE__->run(port => 0, host => '127.0.0.1', proto => 'tcp', log_level => 0);
