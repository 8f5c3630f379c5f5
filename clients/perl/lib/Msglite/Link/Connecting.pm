package Msglite::Link::Connecting;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Decoder;
use Msglite::Error;
use Msglite::Wire qw(encode_hello);

# Seconds between looks at what no event tells of.
use constant { HELLO => '!', SLOWEST => 1 };

sub _reconnect ($self, $most) {
    if (!$self->{dialed}) {
        my $pause = $self->{retry_at} - Msglite::Link::now();
        if ($pause > 0) {
            $pause = $most   if defined $most && $most < $pause;
            $pause = SLOWEST if $pause > SLOWEST;
            delete $self->{busy};
            select undef, undef, undef, $pause;
            $self->{busy} = 1;
            return if Msglite::Link::now() < $self->{retry_at} || defined $most && $most <= $pause;
        }
    }
    my $error;
    {
        local $@;
        eval {
            $self->_dial($most) if !$self->{dialed};
            $self->_greet($most);
            1;
        } and return;
        $error = $@;
    }
    die $error if !ref $error || !$error->isa('Msglite::Error');    # A signal's handler, not we.

    # The next address at once, and after all of them a pause.
    delete $self->{dialed};
    $self->{index} = ($self->{index} + 1) % @{ $self->{endpoints} };
    return if ++$self->{failures} < @{ $self->{endpoints} };
    my $next = $self->_pause;
    $self->later(sub { $self->{on_retry}->($error, $next) });
    return;
}

# Makes a connection. Who has less time than that takes waits a second longer at most.
sub _dial ($self, $most) {
    my $timeout = $self->{connect_timeout};
    my $due     = Msglite::Link::now() + $timeout;
    $most    = SLOWEST if defined $most && $most < SLOWEST;
    $timeout = $most   if defined $most && $most < $timeout;
    my $endpoint = $self->{endpoints}[ $self->{index} ];
    $self->{dialed} = {
        endpoint => $endpoint,
        socket   => $endpoint->dial($timeout, $self->{tls}),
        decoder  => Msglite::Decoder->new,
        out      => encode_hello(HELLO, @$self{qw(token idle)}),
        due      => $due,
    };
    return;
}

# Waits for the broker's answer to our hello, so many seconds at most.
sub _greet ($self, $most) {
    my $dialed = $self->{dialed};
    my ($endpoint, $decoder) = @$dialed{qw(endpoint decoder)};
    my $enough = defined $most ? Msglite::Link::now() + $most : undef;
    my $frame;
    until ($frame = $decoder->next_frame) {
        my $now  = Msglite::Link::now();
        my $left = $dialed->{due} - $now;
        $endpoint->unreachable("no answer in $self->{connect_timeout} seconds") if $left <= 0;
        if (defined $enough) {
            return if $now > $enough;
            $left = $enough - $now if $enough - $now < $left;
        }

        # As if it were ours already.
        local @$self{qw(socket decoder out)} = ($dialed->{socket}, $decoder, $dialed->{out});
        my $open = $self->_exchange($left);
        $dialed->{out} = $self->{out};
        $endpoint->unreachable('it closed the connection') if !$open;
    }
    Msglite::Error->throw($frame->{code}, "the broker refused: $frame->{code} $frame->{text}")
        if $frame->{kind} eq 'refusal' && ($frame->{tag} eq HELLO || $frame->{tag} eq '');
    Msglite::Error->throw('protocol', 'no broker at ' . $endpoint->text . ': it does not answer !!')
        if $frame->{kind} ne 'done' || $frame->{tag} ne HELLO;
    delete $self->{dialed};
    $self->{welcome} = $frame->{options};
    $self->_begin($dialed->{socket}, $decoder);
    $self->later(sub { $self->{on_up}->($endpoint) });
    return;
}

sub _pause ($self) {
    my $bound = $self->{min} * 2**($self->{failed} < 30 ? $self->{failed} : 30);
    $bound = $self->{max} if $bound > $self->{max};
    $self->{failed}++;
    $self->{failures} = 0;
    my $pause = $bound * (1 - $self->{jitter} * rand);
    $self->{retry_at} = Msglite::Link::now() + $pause;
    return $pause;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Link::Connecting - makes connections, and pauses between attempts

=head1 DESCRIPTION

A part of L<Msglite::Link>.

=cut
