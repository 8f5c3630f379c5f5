package Msglite::Control;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use JSON::PP ();

use Msglite::Arguments qw(address count id known);
use Msglite::Error;

sub new ($class, $link) { return bless { link => $link }, $class }

sub stats ($self) { return $self->_ask('stats') }

sub queues ($self, %options) {
    known(\%options, qw(prefix after));
    my @words = length($options{prefix} // '') ? address($options{prefix}) : ();
    push @words, 'after=' . $options{after} if length($options{after} // '');
    return $self->_ask('queues', @words);
}

sub peek ($self, $address, $count = 1) {
    return $self->_ask('peek', address($address), count('a number of messages', $count))->{messages};
}

sub purge ($self, $address) { return $self->_ask('purge', address($address))->{purged} }

sub kick ($self, $address, $count = undef) {
    my @count = defined $count ? count('a number of messages', $count) : ();
    return $self->_ask('kick', address($address), @count)->{kicked};
}

sub pause ($self, $address) { $self->_ask('pause', address($address)); return }

sub resume ($self, $address) { $self->_ask('resume', address($address)); return }

sub recall ($self, $address, $id) { return $self->_ask('recall', address($address), id($id))->{recalled} ? 1 : 0 }

sub _ask ($self, @words) {
    my ($answer, @why);
    $self->{link}->control(sub ($frame, @refusal) { $answer = $frame // {}; @why = @refusal }, @words);
    $self->{link}->step until $answer;
    Msglite::Error->throw(@why) if @why;

    # Not as UTF-8: addresses and bodies are bytes, here as everywhere.
    return JSON::PP->new->decode($answer->{body});
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Control - inspects and controls a broker

=head1 SYNOPSIS

  my $control = $client->control;
  say $control->stats->{messages};
  say "$_->{name}: $_->{messages}" for @{ $control->queues(prefix => 'jobs')->{queues} };

=head1 DESCRIPTION

All but C<recall> need the admin right where tokens are used. After a lost connection a call is repeated, but for
C<purge>, C<kick> and C<recall>: those die with C<connection-lost>. Addresses and bodies in answers are bytes.

=head1 METHODS

=head2 stats

What the broker holds and did: a hash of numbers.

=head2 queues(prefix => $prefix, after => $name)

At most 1,000 queues in the order of their names: C<< { queues => [ { name, messages, receivers, deliveries, paused } ],
more => 0 or 1 } >>. If there are more, ask again C<after> the last one.

=head2 peek($address, $count)

The first messages of a queue, 1 to 1,000, left where they are: a list of hashes with C<at>, C<to>, C<replyTo>, C<timeout>,
C<attempts>, C<id>, C<bytes>, and C<body> or C<bodyBase64>.

=head2 purge($address)

Drops all that wait. Returns how many.

=head2 kick($address, $count)

Sends dead letters back to where they came from, all if no number is given. Returns how many.

=head2 pause($address), resume($address)

Messages queue, and are not handed over until C<resume>.

=head2 recall($address, $id)

Takes back a queued message by its sender's id. Returns whether it was still there.

=cut
