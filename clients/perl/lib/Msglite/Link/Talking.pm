package Msglite::Link::Talking;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Errno ();
use Socket ();

use Msglite::Wire qw(encode_hello);

use constant {
    HELLO          => '!',
    READ           => 64 * 1024,
    SECOND_THOUGHT => 1,                                  # Seconds.
    NO_SIGNAL      => eval { Socket::MSG_NOSIGNAL() | Socket::MSG_DONTWAIT() },
    PATIENCE       => 1,                                  # Seconds that a read waits.
};

# From now on `step` may be a second late with what is due, where it is given so long: then a read waits by itself, and need not
# be waited for.
sub be_patient ($self) {
    $self->{patient} = defined NO_SIGNAL && !$self->{tls};
    $self->_wait_in_reads if $self->{patient} && $self->{socket};
    return;
}

sub _wait_in_reads ($self) {
    my $socket = $self->{socket};
    setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_RCVTIMEO(), pack 'l!l!', PATIENCE, 0 or return delete $self->{patient};
    $socket->blocking(1);
    return;
}

sub _talk ($self, $most) {
    $self->_say_asks if @{ $self->{queue} };
    my $patient = $self->{patient} && (!defined $most || $most >= PATIENCE);
    $most = $self->_most($most) if !$patient;
    return $self->_lost('connection-lost', 'the broker closed it') if !defined $self->_exchange($most, $patient);
    my $decoder = $self->{decoder};
    while ($decoder->{buffer} ne '' && (my $frame = $decoder->next_frame)) {
        $self->_take($frame);
        last if !$self->{decoder};
    }
    return;
}

# So long, but no longer than until something is due.
sub _most ($self, $most) {
    return $most if $self->{due} == 'inf';
    my $left = $self->{due} - Msglite::Link::now();
    $left = 0 if $left < 0;
    return !defined $most || $left < $most ? $left : $most;
}

# Writes and reads what can be, and waits for that so many seconds at most. Undef: it was closed.
sub _exchange ($self, $most, $patient = 0) {
    return if $self->{out} ne '' && !$self->_write;
    my $socket = $self->{socket};
    my $secure = $self->{tls} && $socket->isa('IO::Socket::SSL');

    # Where we wait nothing is half done: it may be left by a signal's handler that dies.
    if ($patient && $self->{out} eq '') { $self->{busy} = 0 }
    elsif (!$secure || !$socket->pending) {
        my ($read, $write) = ('', '');
        vec($read, fileno $socket, 1) = 1;
        $write = $read if $self->{out} ne '';
        $self->{busy} = 0;
        my $ready = select $read, $write, undef, $most;
        $self->{busy} = 1;
        return 1 if $ready <= 0;
        return if $self->{out} ne '' && !$self->_write;
    }
    my $decoder = $self->{decoder};
    for (;;) {
        my $count = sysread $socket, $decoder->{buffer}, READ, length $decoder->{buffer};
        $self->{busy} = 1;
        if (!defined $count) { return $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR} ? 1 : undef }
        return if !$count;
        @$self{qw(heard_at doubted)} = (Msglite::Link::now(), 0) if $self->{idle};
        return 1 if !$secure || !$socket->pending;
    }
}

# False: it is broken.
sub _write ($self) {
    my ($socket, $out) = ($self->{socket}, \$self->{out});
    until ($$out eq '') {
        my $count;
        if (defined NO_SIGNAL && !$self->{tls}) { $count = CORE::send $socket, $$out, NO_SIGNAL }
        else {
            local $SIG{PIPE} = 'IGNORE';
            $count = syswrite $socket, $$out, 256 * 1024;
        }
        if (!defined $count) {
            next if $!{EINTR};
            return $!{EAGAIN} || $!{EWOULDBLOCK};
        }
        substr $$out, 0, $count, '';
    }
    return 1;
}

# Says hello after a third of the time that silence may last.
sub _look_alive ($self, $now) {
    my $silence = $now - $self->{heard_at};
    if ($silence <= $self->{idle}) {
        $self->{out} .= encode_hello(HELLO, @$self{qw(token idle)}) if !$self->{greeting}++;
        $self->_at(alive_at => $now + $self->{idle} / 3);
        return;
    }

    # It may be we who did not listen: once more, before silence is taken for death.
    return $self->_lost('connection-lost', "nothing was heard for $self->{idle} seconds") if $self->{doubted}++;
    $self->_at(alive_at => $now + SECOND_THOUGHT);
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Link::Talking - reads, writes, and listens for signs of life

=head1 DESCRIPTION

A part of L<Msglite::Link>.

=cut
