package Msglite::Link;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use parent qw(
    Msglite::Link::Connecting Msglite::Link::Talking Msglite::Link::Asks Msglite::Link::Receives Msglite::Link::Deliveries
);

use List::Util ();
use Time::HiRes qw(clock_gettime);

use Msglite::Error;
use Msglite::Wire qw(encode_hello GOODBYE);

use constant {
    HELLO   => '!',    # The tag of hellos. No other command has it: theirs are numbers.
    LASTING => 5,      # Seconds a connection must have lasted, for the pauses to be short again after it.
    CLOCK   => Time::HiRes::CLOCK_MONOTONIC(),
};

sub now () { return clock_gettime(CLOCK) }

# endpoints, token, tls, connect_timeout, idle, min, max, jitter, max_messages, max_bytes; on_up, on_down, on_retry,
# on_forked are called between two steps, never inside of one.
sub new ($class, %settings) {
    my $self = bless { %settings, index => 0, tags => 0, failed => 0, failures => 0, welcome => {} }, $class;
    $self->_empty;
    return $self;
}

sub _empty ($self) {
    @$self{qw(asks receives held)} = ({}, {}, {});
    @$self{qw(queue ended later)}  = ([], [], []);
    @$self{qw(written waiting waiting_bytes retry_at)} = (0, 0, 0, 0);
    @$self{qw(pid out due)} = ($$, '', 'inf');
    delete @$self{qw(socket decoder dialed busy confirming confirm_at barrier keep_at alive_at)};
    return;
}

sub is_up ($self) { return defined $self->{socket} }

sub welcome ($self) { return $self->{welcome} }

sub socket ($self) { return $self->{socket} }

# Bytes that the kernel has not taken yet.
sub unwritten ($self) { return length $self->{out} }

# Whether something was asked or ended of which it is not known that the broker has carried it out.
sub is_busy ($self) { return keys %{ $self->{asks} } || grep { $_->{end} } values %{ $self->{held} } }

# A child of the process that made us has nothing of what its parent had asked for, and makes its own connection.
sub check_process ($self) {
    return if $self->{pid} == $$;
    my $socket = $self->{socket};

    # Only our copy of it; no goodbye, not even of TLS.
    $socket->close(SSL_no_shutdown => 1) if $socket && $socket->isa('IO::Socket::SSL');
    $self->_empty;
    $self->{on_forked}->();
    return;
}

# Waits until something happened, so many seconds at most (undef: whatever it takes), and carries out what is due.
sub step ($self, $most = undef) {
    $self->check_process if $self->{pid} != $$;
    my $code = $self->{closed};
    Msglite::Error->throw(@$code) if $code;

    # A signal's handler died in the middle of the last step: who knows what was lost. The protocol does.
    if ($self->{busy}) {
        delete $self->{dialed};
        $self->_lost('connection-lost', 'a step was broken off');
    }
    $self->{busy} = 1;
    $self->{socket} ? $self->_talk($most) : $self->_reconnect($most);
    my $now = clock_gettime(CLOCK);
    $self->_tick($now) if $now >= $self->{due} || !$self->{socket};
    $self->{busy} = 0;
    while (my $call = shift @{ $self->{later} }) { $call->() }
    return;
}

# Calls it when this step is over: who is called may do anything.
sub later ($self, $call) {
    push @{ $self->{later} }, $call;
    return;
}

# Gives up what is not answered, and says goodbye.
sub close ($self) {
    $self->check_process;
    return if $self->{closed};
    my @why = ('closed', 'the client was closed');
    $self->{closed} = \@why;
    $self->_end_receive($_, @why) for values %{ $self->{receives} };
    $self->_refuse($_, @why) for $self->_asks_in_order;
    $self->_lose_delivery($_) for values %{ $self->{held} };
    if (my $socket = $self->{socket}) {
        $self->{out} .= GOODBYE;
        $self->_write;
        $socket->close;
    }
    delete @$self{qw(socket decoder dialed)};
    return;
}

# The new connection takes its place; what was under way is said again. First what has the least time.
sub _begin ($self, $socket, $decoder) {
    @$self{qw(socket decoder out)} = ($socket, $decoder, '');
    @$self{qw(failures up_since heard_at doubted greeting)} = (0, now(), now(), 0, 0);
    $self->_at(alive_at => now() + $self->{idle} / 3) if $self->{idle};
    $self->_wait_in_reads if $self->{patient};
    my @held = values %{ $self->{held} };
    $self->_say_delivery($_) for @held;

    # What is said for a leased message must not be said once that is somebody else's: first hear what is still ours.
    if (@held) {
        $self->{barrier} = ++$self->{tags};
        $self->{out} .= encode_hello($self->{barrier});
    }
    $self->_say_receive($_) for values %{ $self->{receives} };
    $self->_say_asks;
    return;
}

sub _lost ($self, $code, $why) {
    return if !$self->{socket};
    my $error = Msglite::Error->new($code, "the connection to the broker was lost: $why");
    delete @$self{qw(socket decoder barrier confirming confirm_at alive_at)};
    @$self{qw(out ended written)} = ('', [], 0);
    my %under_way = (
        unanswered => scalar keys %{ $self->{asks} },
        receives   => scalar keys %{ $self->{receives} },
        deliveries => scalar(grep { $_->is_ours } values %{ $self->{held} }),
    );
    $self->{failed} = 0 if now() - $self->{up_since} >= LASTING;
    $_->{repeated} = defined $_->{end} for values %{ $self->{held} };
    for my $receive (values %{ $self->{receives} }) {
        delete $self->{receives}{ $receive->{tag} };
        if ($receive->{state} eq 'leaving') { $self->_end_receive($receive); next }
        $receive->{tag} = ++$self->{tags};
        $self->{receives}{ $receive->{tag} } = $receive;
    }
    my @asks = $self->_asks_in_order;
    @$self{qw(queue waiting waiting_bytes)} = ([], 0, 0);
    for my $ask (@asks) {
        $ask->{tried} = 1 if delete $ask->{written};
        $self->_queue($ask);
        $self->_refuse($ask, 'connection-lost', 'the connection was lost, and whether the broker had carried it out is unknown')
            if $ask->{tried} && !$self->_is_repeatable($ask);
    }
    $self->_pause;
    $self->later(sub { $self->{on_down}->($error, \%under_way) });
    return;
}

# Something is to be done then: keep_at, confirm_at or alive_at. `due`: when the first of them may be.
sub _at ($self, $what, $at) {
    $self->{$what} = $at;
    $self->{due}   = $at if $at < $self->{due};
    return;
}

sub _tick ($self, $now) {
    if (!$self->{socket}) {
        for my $ask (values %{ $self->{asks} }) { $self->_expire($ask) if defined $ask->{due} && $ask->{due} <= $now }
        for my $receive (values %{ $self->{receives} }) {

            # One that wants what is there already waits for a broker to ask.
            $self->_end_receive($receive) if $receive->{wanted}{timeout} && $receive->{due} <= $now;
        }
        return;
    }
    $self->_keep_all if defined $self->{keep_at} && $self->{keep_at} <= $now;
    $self->_confirm if defined $self->{confirm_at} && $self->{confirm_at} <= $now;
    $self->_look_alive($now) if defined $self->{alive_at} && $self->{alive_at} <= $now;
    $self->{due} = List::Util::min('inf', grep { defined } @$self{qw(keep_at confirm_at alive_at)});
    return;
}

sub _take ($self, $frame) {
    my ($kind, $tag) = @$frame{qw(kind tag)};
    if ($kind eq 'message') {
        my $receive = $self->{receives}{$tag} or return $self->_strange($frame);
        return $self->_deliver($receive, $frame);
    }
    if ($kind eq 'done' || $kind eq 'answer') {
        my $ask = $self->{asks}{$tag};
        if ($ask && $ask->{written}) {
            $self->_finish($ask);
            my $done = $ask->{done};
            return $done && $done->($frame);
        }
        if ($tag eq HELLO) { delete $self->{greeting}; return }
        return $self->_strange($frame) if $tag ne ($self->{barrier} // '');
        delete $self->{barrier};
        $self->_drop_orphans;
        return $self->_say_asks;
    }
    if ($kind eq 'over') {
        my $receive = $self->{receives}{$tag} or return $self->_strange($frame);
        return $self->_end_receive($receive) if $receive->{state} eq 'leaving' || defined $receive->{due};
        return $self->_say_receive($receive);
    }
    if ($kind eq 'refusal') { return $self->_refused($frame) }
    return $self->_lost('protocol', "$frame->{code}: not an answer of the tagged msglite protocol");
}

sub _strange ($self, $frame) {
    return $self->_lost('protocol', "an answer came that nobody had asked for: $frame->{kind} $frame->{tag}");
}

sub _refused ($self, $frame) {
    my ($tag, $code, $text) = @$frame{qw(tag code text)};
    if ($tag =~ /\A@/) {
        my $delivery = $self->{held}{$tag};
        $self->_lose_delivery($delivery) if $delivery;
        return;
    }
    return $self->_lost($code, "the broker refused: $code $text") if $tag eq '' || $tag eq HELLO || $tag eq ($self->{barrier} // '');
    if (my $receive = $self->{receives}{$tag}) { return $self->_end_receive($receive, $code, $text) }
    my $ask = $self->{asks}{$tag};
    return $self->_strange($frame) if !$ask || !$ask->{written};

    # The broker is about to stop. The next connection will tell.
    return if $code eq 'journal-failed' && $self->_is_repeatable($ask);

    # An id that we gave must not be why there is no room.
    if ($code eq 'full' && $ask->{message} && $ask->{message}{own_id}) {
        $self->_finish($ask);
        my %message = %{ $ask->{message} };
        delete @message{qw(id own_id)};
        delete @$ask{qw(over written tried)};
        $ask->{message} = \%message;
        $self->_ask($ask);
        return;
    }
    $self->_refuse($ask, $code, $text);
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Link - one connection to a broker, made again whenever it is lost

=head1 DESCRIPTION

Inside of L<Msglite::Client> and L<Plack::Handler::Msglite>. What was asked and not answered is asked again, receives are
taken up, leases go on. Callbacks; nothing happens but in C<step>.

=cut
