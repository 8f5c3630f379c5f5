package Msglite::Link;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Errno ();
use IO::Handle;
use Socket ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use Msglite::Decoder;
use Msglite::Delivery;
use Msglite::Error;
use Msglite::Wire qw(
    encode_hello encode_send encode_receive encode_take_back encode_done encode_give_back encode_keep encode_control GOODBYE
);

use constant {
    HELLO       => '!',         # The tag of hellos. No other command has it: theirs are numbers.
    READ        => 64 * 1024,
    WINDOW      => 32_768,      # Unanswered commands: half as many as the broker allows tags.
    LASTING     => 5,           # Seconds a connection must have lasted, for the pauses to be short again after it.
    LATE        => 1,           # Seconds that a message may have waited to be said, and still have all its time.
    UNCONFIRMED => 256,         # Ends that are kept until the broker has confirmed them, before it is asked to.
    CONFIRM     => 1,           # Seconds after which it is asked to anyway.
    SECOND_THOUGHT => 1,
    OVERHEAD    => 300,         # Bytes that a command counts for beside its body.
    SLOWEST     => 1,           # Seconds between looks at what no event tells of, while there is no connection.
    NO_SIGNAL   => eval { Socket::MSG_NOSIGNAL() },
};

my %REPEATABLE = map { $_ => 1 } qw(stats queues peek pause resume);

sub now { return clock_gettime(CLOCK_MONOTONIC) }

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
    @$self{qw(pid out)} = ($$, '');
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

# --- What one asks for. `done` is told once, with an answer, or undef and a code and a text.

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

# message as encode_send takes it; `under`: a delivery without which it makes no sense any more.
sub send ($self, $message, $done, %options) {
    my $now = now();
    my $ask = {
        message    => $message,
        done       => $done,
        cost       => length($message->{body}) + OVERHEAD,
        repeatable => $options{repeatable} // defined $message->{id},
        under      => $options{under},
        due        => $now + ($message->{timeout} || 1),
        timeout    => $message->{timeout},
    };
    return $self->_ask($ask);
}

# Calls back when all that was asked before is carried out and on disk.
sub flush ($self, $done) { return $self->_ask({ flush => 1, done => $done, cost => 0, repeatable => 1 }) }

sub control ($self, $done, $command, @arguments) {
    return $self->_ask({
        control    => [ $command, @arguments ],
        done       => $done,
        cost       => OVERHEAD,
        repeatable => $REPEATABLE{$command},
    });
}

# Nobody waits for it any more. It is not said, if it was not yet.
sub drop ($self, $ask) {
    return if $ask->{over} || $ask->{tried};
    $self->_finish($ask);
    return;
}

# addresses, timeout (undef: no end), count (undef: no end), lease. `deliver` is called with each delivery, `over` once: with
# nothing, or a code and a text.
sub receive ($self, $wanted, $deliver, $over) {
    my $receive = {
        wanted  => $wanted,
        left    => $wanted->{count},
        due     => defined $wanted->{timeout} ? now() + $wanted->{timeout} : undef,
        deliver => $deliver,
        ended   => $over,
        state   => 'waiting',
    };
    Msglite::Error->throw(@{ $self->{closed} }) if $self->{closed};
    $receive->{tag} = ++$self->{tags};
    $self->{receives}{ $receive->{tag} } = $receive;
    $self->_say_receive($receive) if $self->{socket};
    return $receive;
}

# What is on its way still comes; then it is over.
sub withdraw ($self, $receive) {
    return if $receive->{state} ne 'waiting';
    $receive->{state} = 'leaving';
    if ($self->{socket}) { $self->{out} .= encode_take_back($receive->{tag}) }
    else                 { $self->_end_receive($receive) }
    return;
}

sub done ($self, $delivery) { return $self->_end_delivery($delivery, ['done']) }

sub give_back ($self, $delivery, $delay = 0) { return $self->_end_delivery($delivery, [ 'back', $delay ]) }

# The lease ends so many seconds from now.
sub keep ($self, $delivery, $lease) {
    return if !$delivery->is_ours;
    $delivery->{lease} = $lease;
    $self->_say_delivery($delivery);
    return;
}

# From now on, whenever we have the floor: a step, long before the lease ends.
sub keep_on ($self, $delivery) {
    @$delivery{qw(kept kept_at)} = (1, now());
    $self->_keep_later($delivery);
    return;
}

# --- What happens

# Waits until something happened, so many seconds at most (undef: whatever it takes), and carries out what is due.
sub step ($self, $most = undef) {
    $self->check_process if $self->{pid} != $$;
    my $code = $self->{closed};
    Msglite::Error->throw(@$code) if $code;

    # A signal's handler died in the middle of the last step: who knows what was lost. The protocol does.
    if (delete $self->{busy}) {
        delete $self->{dialed};
        $self->_lost('connection-lost', 'a step was broken off');
    }
    $self->{busy} = 1;
    $self->{socket} ? $self->_talk($most) : $self->_reconnect($most);
    $self->_tick;
    delete $self->{busy};
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
    for my $ask ($self->_asks_in_order) { $self->_finish($ask); $ask->{done}->(undef, @why) }
    $self->_lose_delivery($_) for values %{ $self->{held} };
    if (my $socket = $self->{socket}) {
        $self->{out} .= GOODBYE;
        $self->_write;
        $socket->close;
    }
    delete @$self{qw(socket decoder dialed)};
    return;
}

sub _reconnect ($self, $most) {
    if (!$self->{dialed}) {
        my $pause = $self->{retry_at} - now();
        if ($pause > 0) {
            $pause = $most   if defined $most && $most < $pause;
            $pause = SLOWEST if $pause > SLOWEST;
            delete $self->{busy};
            select undef, undef, undef, $pause;
            $self->{busy} = 1;
            return if now() < $self->{retry_at} || defined $most && $most <= $pause;
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
    my $due     = now() + $timeout;
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
    my $enough = defined $most ? now() + $most : undef;
    my $frame;
    until ($frame = $decoder->next_frame) {
        my $now  = now();
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

# The new connection takes its place; what was under way is said again. First what has the least time.
sub _begin ($self, $socket, $decoder) {
    @$self{qw(socket decoder out)} = ($socket, $decoder, '');
    @$self{qw(failures up_since heard_at doubted greeting)} = (0, now(), now(), 0, 0);
    $self->{alive_at} = now() + $self->{idle} / 3 if $self->{idle};
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

sub _pause ($self) {
    my $bound = $self->{min} * 2**($self->{failed} < 30 ? $self->{failed} : 30);
    $bound = $self->{max} if $bound > $self->{max};
    $self->{failed}++;
    $self->{failures} = 0;
    my $pause = $bound * (1 - $self->{jitter} * rand);
    $self->{retry_at} = now() + $pause;
    return $pause;
}

sub _talk ($self, $most) {
    $self->_say_asks;
    my $now;
    for my $at (@$self{qw(keep_at confirm_at alive_at)}) {
        next if !defined $at;
        $now //= now();
        my $left = $at > $now ? $at - $now : 0;
        $most = $left if !defined $most || $left < $most;
    }
    return $self->_lost('connection-lost', 'the broker closed it') if !defined $self->_exchange($most);
    while ($self->{decoder} && (my $frame = $self->{decoder}->next_frame)) { $self->_take($frame) }
    return;
}

# Writes and reads what can be, and waits for that so many seconds at most. Undef: it was closed.
sub _exchange ($self, $most) {
    return if $self->{out} ne '' && !$self->_write;
    my $socket = $self->{socket};
    my $secure = $self->{tls} && $socket->isa('IO::Socket::SSL');
    if (!$secure || !$socket->pending) {
        my ($read, $write) = ('', '');
        vec($read, fileno $socket, 1) = 1;
        $write = $read if $self->{out} ne '';

        # What may be left by a signal's handler that dies: nothing is half done here.
        delete $self->{busy};
        my $ready = select $read, $write, undef, $most;
        $self->{busy} = 1;
        return 1 if $ready <= 0;
        return if $self->{out} ne '' && !$self->_write;
    }
    my $buffer = $self->{decoder}->buffer;
    for (;;) {
        my $count = sysread $socket, $$buffer, READ, length $$buffer;
        if (!defined $count) { return $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR} ? 1 : undef }
        return if !$count;
        @$self{qw(heard_at doubted)} = (now(), 0) if $self->{idle};
        return 1 if !$secure || !$socket->pending;
    }
}

# False: it is broken.
sub _write ($self) {
    my $socket = $self->{socket};
    while ($self->{out} ne '') {
        my $count;
        if (defined NO_SIGNAL && !$self->{tls}) { $count = CORE::send $socket, $self->{out}, NO_SIGNAL }
        else {
            local $SIG{PIPE} = 'IGNORE';
            $count = syswrite $socket, $self->{out}, 256 * 1024;
        }
        if (!defined $count) {
            next if $!{EINTR};
            return $!{EAGAIN} || $!{EWOULDBLOCK};
        }
        substr $self->{out}, 0, $count, '';
    }
    return 1;
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
        my $unknown = $ask->{written} && !$ask->{repeatable};
        if ($unknown) { $self->_refuse($ask, 'connection-lost', 'the connection was lost, and whether the broker had carried it out is unknown') }
        else          { delete $ask->{written}; $self->_queue($ask) }
    }
    $self->_pause;
    $self->later(sub { $self->{on_down}->($error, \%under_way) });
    return;
}

# --- Time

sub _tick ($self) {
    my $now = now();
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
    return;
}

# Says hello after a third of the time that silence may last.
sub _look_alive ($self, $now) {
    my $silence = $now - $self->{heard_at};
    if ($silence <= $self->{idle}) {
        $self->{out} .= encode_hello(HELLO, @$self{qw(token idle)}) if !$self->{greeting}++;
        $self->{alive_at} = $now + $self->{idle} / 3;
        return;
    }

    # It may be we who did not listen: once more, before silence is taken for death.
    return $self->_lost('connection-lost', "nothing was heard for $self->{idle} seconds") if $self->{doubted}++;
    $self->{alive_at} = $now + SECOND_THOUGHT;
    return;
}

sub _keep_all ($self) {
    my $now = now();
    delete $self->{keep_at};
    for my $delivery (values %{ $self->{held} }) {
        next if !$delivery->{kept} || !$delivery->is_ours;
        $self->_say_delivery($delivery) if $delivery->{kept_at} + $delivery->{lease} / 3 <= $now;
        $self->_keep_later($delivery);
    }
    return;
}

# Two may go astray before the lease is lost.
sub _keep_later ($self, $delivery) {
    my $at = $delivery->{kept_at} + $delivery->{lease} / 3;
    $self->{keep_at} = $at if !defined $self->{keep_at} || $at < $self->{keep_at};
    return;
}

# --- What the broker says

sub _take ($self, $frame) {
    my ($kind, $tag) = @$frame{qw(kind tag)};
    if ($kind eq 'message') {
        my $receive = $self->{receives}{$tag} or return $self->_strange($frame);
        return $self->_deliver($receive, $frame);
    }
    if ($kind eq 'done' || $kind eq 'answer') {
        if ($tag eq HELLO) { delete $self->{greeting}; return }
        if ($tag eq ($self->{barrier} // '')) { delete $self->{barrier}; $self->_drop_orphans; return $self->_say_asks }
        my $ask = $self->{asks}{$tag};
        return $self->_strange($frame) if !$ask || !$ask->{written};
        $self->_finish($ask);
        $ask->{done}->($frame);
        return;
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
    return if $code eq 'journal-failed' && $ask->{repeatable};

    # An id that we gave must not be why there is no room.
    if ($code eq 'full' && $ask->{message} && $ask->{message}{own_id}) {
        $self->_finish($ask);
        my %message = %{ $ask->{message} };
        delete @message{qw(id own_id)};
        delete @$ask{qw(over written tried)};
        @$ask{qw(message repeatable)} = (\%message, 0);
        $self->_ask($ask);
        return;
    }
    $self->_refuse($ask, $code, $text);
    return;
}

# --- Commands that are answered once, and until then kept to be said again

sub _ask ($self, $ask) {
    my $why = $self->{closed};
    if (!$why && ($self->{waiting} >= $self->{max_messages} || $self->{waiting_bytes} + $ask->{cost} > $self->{max_bytes})) {
        $why = [ 'full', 'as much waits for the broker as the client buffers' ];
    }
    if ($why) {
        $ask->{over} = 1;
        $ask->{done}->(undef, @$why);
        return $ask;
    }
    $ask->{tag} = ++$self->{tags};
    $self->{asks}{ $ask->{tag} } = $ask;
    if ($self->{socket} && !@{ $self->{queue} } && !$self->{barrier} && $self->{written} < WINDOW) {

        # At once, as nearly always.
        $self->{written}++;
        @$ask{qw(written tried)} = (1, 1);
        my $message = $ask->{message};
        $self->{out} .= $message ? encode_send($ask->{tag}, $message) : $self->_text($ask, 0);
        return $ask;
    }
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
    my $now = now();
    while ($self->{written} < WINDOW && length $self->{out} < 1024 * 1024) {
        my $ask = shift @$queue or last;
        next if $ask->{over};
        $self->{waiting}--;
        $self->{waiting_bytes} -= $ask->{cost};
        $self->{written}++;
        $ask->{written} = 1;
        if (defined $ask->{due} && $ask->{due} <= $now) { $self->_expire($ask); next }
        $self->{out} .= $self->_text($ask, $now);
        $ask->{tried} = 1;
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
    $ask->{done}->(undef, @why);
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

# --- Receives

sub _say_receive ($self, $receive) {
    my %wanted = (%{ $receive->{wanted} }, count => $receive->{left});
    if ($wanted{timeout}) {
        my $left = $receive->{due} - now();
        $wanted{timeout} = $left < 0.001 ? 0.001 : $left;
    }
    $self->{out} .= encode_receive($receive->{tag}, \%wanted);
    return;
}

sub _deliver ($self, $receive, $frame) {
    my $delivery = Msglite::Delivery->new($frame, $receive->{wanted}{lease});
    $self->{held}{ $delivery->{name} } = $delivery if defined $delivery->{name};
    if (defined $receive->{left} && !--$receive->{left}) {
        delete $self->{receives}{ $receive->{tag} };
        $receive->{state} = 'over';
    }
    $receive->{deliver}->($delivery);
    $receive->{ended}->() if $receive->{state} eq 'over';
    return;
}

sub _end_receive ($self, $receive, @why) {
    $receive->{state} = 'over';
    delete $self->{receives}{ $receive->{tag} // '' };
    $receive->{ended}->(@why);
    return;
}

# --- Leased deliveries

sub _end_delivery ($self, $delivery, $end) {
    return if $delivery->{end};
    $delivery->{end} = $end;
    return if $delivery->{lost} || !defined $delivery->{name} || !$self->{socket};
    $self->_say_delivery($delivery);
    return;
}

sub _say_delivery ($self, $delivery) {
    return if $delivery->{lost} || !$self->{socket};
    my ($name, $end) = @$delivery{qw(name end)};
    if (!$end) {
        $self->{out} .= encode_keep($name, $delivery->{lease});
        $delivery->{kept_at} = now();
        return;
    }
    $self->{out} .= $end->[0] eq 'done' ? encode_done($name) : encode_give_back($name, $end->[1]);
    push @{ $self->{ended} }, $delivery;
    if (@{ $self->{ended} } >= UNCONFIRMED) { $self->_confirm }
    else                                    { $self->{confirm_at} //= now() + CONFIRM }
    return;
}

# Asks whether the broker has heard of the ends: until then they are said again after a lost connection.
sub _confirm ($self) {
    delete $self->{confirm_at};
    my $ended = $self->{ended};
    return if !@$ended || $self->{confirming};
    $self->{ended}      = [];
    $self->{confirming} = 1;
    my $socket = $self->{socket};
    $self->flush(sub ($answer, @) {

        # What was asked on an earlier connection is answered for that one.
        return if !$self->{socket} || $self->{socket} != $socket;
        delete $self->{confirming};
        if ($answer) { delete $self->{held}{ $_->{name} } for @$ended }
        else         { push @{ $self->{ended} }, @$ended }
        $self->{confirm_at} //= now() + CONFIRM if @{ $self->{ended} };
    });
    return;
}

# The broker says that it is not ours, or no longer. Where its end was said twice, it may have heard it the first time.
sub _lose_delivery ($self, $delivery) {
    delete $self->{held}{ $delivery->{name} };
    $delivery->{lost} = 1;
    return if $delivery->{end} && $delivery->{repeated};
    my $listener = $delivery->{on_lost} or return;
    $listener->($delivery);
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
