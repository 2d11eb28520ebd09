#!/usr/bin/env perl
# The original: one of Perl's Net::Server personalities with the echo handler that it brings itself.
#
#   prefork.pl [--personality PreForkSimple|PreFork|Fork] --max_servers N [--serialize flock|semaphore|pipe|none]
#              [--log_level N] [--port N]
#
# Without --serialize it is Net::Server's own default, which is flock, on one port too (the manual says otherwise).

package Original;

use strict;
use warnings;
use Getopt::Long qw(GetOptions);

# Net::Server itself names the port from log_level 2 on; whoever waits for the line needs it at any level.
sub post_bind_hook {
    my $self = shift;
    return if $self->{'server'}{'log_level'} >= 2;
    print STDERR 'Bound to auto-assigned port ', $self->{'server'}{'sock'}[0]->sockport, "\n";
}

my %option = (port => 0, max_servers => 8, log_level => 0, personality => 'PreForkSimple');
GetOptions(\%option, 'port=i', 'max_servers=i', 'serialize=s', 'log_level=i', 'personality=s',
    'min_servers=i', 'min_spare_servers=i', 'max_spare_servers=i') or exit 100;
my $personality = 'Net::Server::' . delete $option{personality};
eval "require $personality" or die $@;
our @ISA = ($personality);

__PACKAGE__->run(%option, host => '127.0.0.1', proto => 'tcp', max_requests => 1_000_000_000);
