package Msglite::Link::Asks;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Wire qw(encode_hello encode_send encode_control);

use constant {
    WINDOW   => 32_768,         # Unanswered ones: half as many as the broker allows tags.
    LATE     => 1,              # Seconds that a message may have waited to be said, and still have all its time.
    OVERHEAD => 300,            # Bytes that one counts for beside its body.
    MOST_OUT => 1024 * 1024,    # Bytes that may wait for the kernel before more is said.
};

my %REPEATABLE = map { $_ => 1 } qw(stats queues peek pause resume);

# message as encode_send takes it. `under`: a delivery without which it makes no sense any more, and that its receivers
# can tell it by: it may be said again without an id. There it stands, too, if it is refused, and `done` may be missing.
sub send ($self, $message, $done, $under = undef) {
    return $self->_ask({
        message => $message,
        done    => $done,
        cost    => length($message->{body}) + OVERHEAD,
        under   => $under,
        due     => Msglite::Link::now() + ($message->{timeout} || 1),
    });
}

# Calls back when all that was asked before is carried out and on disk.
sub flush ($self, $done) { return $self->_ask({ flush => 1, done => $done, cost => 0 }) }

sub control ($self, $done, $command, @arguments) {
    return $self->_ask({ control => [ $command, @arguments ], done => $done, cost => OVERHEAD });
}

# Whether it may be said again where it is unknown if the broker has carried it out.
sub _is_repeatable ($self, $ask) {
    my $message = $ask->{message};
    return $ask->{under} || defined $message->{id} if $message;
    return $ask->{flush} || $REPEATABLE{ $ask->{control}[0] };
}

# Nobody waits for it any more. It is not said, if it was not yet.
sub drop ($self, $ask) {
    return if $ask->{over} || $ask->{written} || $ask->{tried};
    $self->_finish($ask);
    return;
}

sub _ask ($self, $ask) {
    my $message = $ask->{message};
    my $tag     = $ask->{tag} = ++$self->{tags};
    if ($self->{socket} && !@{ $self->{queue} } && !$self->{barrier} && $self->{written} < WINDOW && $ask->{cost} <= $self->{max_bytes}) {

        # At once, as nearly always.
        $self->{asks}{$tag} = $ask;
        $self->{written}++;
        $ask->{written} = 1;
        $self->{out} .= $message ? encode_send($tag, $message) : $self->_text($ask, 0);
        return $ask;
    }
    my $why = $self->{closed};
    if (!$why && ($self->{waiting} >= $self->{max_messages} || $self->{waiting_bytes} + $ask->{cost} > $self->{max_bytes})) {
        $why = [ 'full', 'as much waits for the broker as the client buffers' ];
    }
    if ($why) {
        $ask->{over} = 1;
        $self->_tell_refusal($ask, @$why);
        return $ask;
    }
    $self->{asks}{$tag} = $ask;
    $self->_queue($ask);
    $self->_say_asks if $self->{socket};
    return $ask;
}

sub _queue ($self, $ask) {
    push @{ $self->{queue} }, $ask;
    $self->{waiting}++;
    $self->{waiting_bytes} += $ask->{cost};
    return;
}

sub _asks_in_order ($self) {
    my $asks = $self->{asks};
    return map { $asks->{$_} } sort { $a <=> $b } keys %$asks;
}

sub _say_asks ($self) {
    my $queue = $self->{queue};
    return if !@$queue || $self->{barrier};
    my $now = Msglite::Link::now();
    while ($self->{written} < WINDOW && length $self->{out} < MOST_OUT) {
        my $ask = shift @$queue or last;
        next if $ask->{over};
        $self->{waiting}--;
        $self->{waiting_bytes} -= $ask->{cost};
        $self->{written}++;
        $ask->{written} = 1;
        if (defined $ask->{due} && $ask->{due} <= $now) { $self->_expire($ask); next }
        $self->{out} .= $self->_text($ask, $now);
    }
    return;
}

sub _text ($self, $ask, $now) {
    my $message = $ask->{message};
    if (!$message) {
        return $ask->{flush} ? encode_hello($ask->{tag}) : encode_control($ask->{tag}, @{ $ask->{control} });
    }

    # Said late, it has only so much time as is left.
    my $left = $ask->{due} - $now;
    return encode_send($ask->{tag}, $message) if $left > $message->{timeout} - LATE;
    my %late = (%$message, timeout => $left < 0.001 ? 0.001 : int($left * 1000) / 1000);
    if ($message->{delay}) {
        my $delay = $message->{delay} - ($message->{timeout} - $late{timeout});
        my $most  = $late{timeout} - 0.001;
        $late{delay} = $delay < 0 ? 0 : $delay > $most ? $most : $delay;
    }
    return encode_send($ask->{tag}, \%late);
}

sub _finish ($self, $ask) {
    $ask->{over} = 1;
    delete $self->{asks}{ $ask->{tag} };
    if ($ask->{written}) { $self->{written}-- }
    else {
        $self->{waiting}--;
        $self->{waiting_bytes} -= $ask->{cost};
    }
    return;
}

sub _refuse ($self, $ask, @why) {
    $self->_finish($ask);
    $self->_tell_refusal($ask, @why);
    return;
}

sub _tell_refusal ($self, $ask, $code, $text) {
    $ask->{under}{refused} //= "$code $text" if $ask->{under};
    $ask->{done}->(undef, $code, $text) if $ask->{done};
    return;
}

sub _expire ($self, $ask) {
    return $self->_refuse($ask, 'expired',
        $ask->{tried}
        ? 'its time ran out while the broker was away; whether that had taken it is unknown'
        : 'its time ran out before a broker took it');
}

# Those that belong to a delivery that is not ours any more.
sub _drop_orphans ($self) {
    for my $ask ($self->_asks_in_order) {
        next if !$ask->{under} || !$ask->{under}{lost};
        $self->_refuse($ask, 'no-such-delivery', 'the lease was lost: the message goes to somebody else, or comes again');
    }
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Link::Asks - commands that are answered once, and until then kept to be said again

=head1 DESCRIPTION

A part of L<Msglite::Link>.

=cut
