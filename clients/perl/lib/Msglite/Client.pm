package Msglite::Client;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Carp ();
use Digest::SHA ();
use MIME::Base64 ();
use Scalar::Util qw(weaken);

use Msglite::Arguments qw(address addresses seconds count id body known bad);
use Msglite::Control;
use Msglite::Endpoint;
use Msglite::Error;
use Msglite::Link;
use Msglite::Message;
use Msglite::Stream;

our $VERSION = '0.1.0';

use constant {
    TIMEOUT       => 60,
    LEASE         => 60,
    SERVE_LEASE   => 600,
    ANSWER_LEASE  => 30,
    LONGEST_DELAY => 60,
    FAREWELL      => 5,
    LOOK          => 1,              # Seconds between looks at what a signal has told us.
    UNWRITTEN     => 1024 * 1024,    # Bytes that may wait for the kernel before a send waits.
};

my @EVENTS = qw(on_connect on_disconnect on_reconnect on_retry on_lease_lost on_handler_failed);

sub connect ($class, $address, %options) {
    known(\%options, qw(token tls name wait connect_timeout reconnect max_buffered idle ids safe_replies), @EVENTS);
    my $self = bless {
        (map { $_ => $options{$_} } @EVENTS),
        name         => defined $options{name} ? id($options{name}) . '-' : '',
        ids          => $options{ids} // 1,
        safe_replies => $options{safe_replies} // 1,
        stray        => [],
        ups          => 0,
        tries        => 0,
    }, $class;
    bad('the name is too long') if length $self->{name} > 80;
    bad('a token is one word without "="') if defined $options{token} && $options{token} !~ /\A[^\s=]+\z/;
    $self->{link} = $self->_link($address, \%options);
    $self->_begin;
    $self->_connect_first($options{wait});
    return $self;
}

sub _link ($self, $address, $options) {
    my %reconnect = (min => 0.05, max => 5, jitter => 1, %{ $options->{reconnect} // {} });
    my %buffered  = (messages => 100_000, bytes => 64 * 1024 * 1024, %{ $options->{max_buffered} // {} });
    known(\%reconnect, qw(min max jitter));
    known(\%buffered,  qw(messages bytes));
    weaken(my $weak = $self);
    return Msglite::Link->new(
        endpoints       => [ Msglite::Endpoint->parse($address) ],
        token           => $options->{token},
        tls             => $options->{tls},
        connect_timeout => seconds('connect_timeout', $options->{connect_timeout} // 10, 0.001),
        idle            => seconds('idle', $options->{idle} // 0) || undef,
        min             => seconds('reconnect min', $reconnect{min}),
        max             => seconds('reconnect max', $reconnect{max}),
        jitter          => $reconnect{jitter},
        max_messages    => $buffered{messages},
        max_bytes       => $buffered{bytes},
        on_up           => sub ($endpoint) { $weak->_up($endpoint) if $weak },
        on_down         => sub ($reason, $under_way) { $weak->_down($reason, $under_way) if $weak },
        on_retry        => sub ($reason, $pause) { $weak->_retry($reason, $pause) if $weak },
        on_forked       => sub { $weak->_begin if $weak },
    );
}

# What is this process's own: names that no other has.
sub _begin ($self) {
    $self->{prefix}  = $self->{name} . _random(12) . '-';
    $self->{mailbox} = '~' . _random(16);
    @$self{qw(ids_given labels queries)} = (0, 0, {});
    delete $self->{answers};
    return;
}

sub _random ($length) {
    my $bytes = '';
    if (open my $source, '<:raw', '/dev/urandom') { read $source, $bytes, $length }
    $bytes = substr Digest::SHA::sha256(join '|', $$, Msglite::Link::now(), time, rand, {}), 0, $length if length $bytes < $length;
    return MIME::Base64::encode_base64($bytes, '') =~ tr{+/}{-_}r =~ s/=+\z//r;
}

sub _connect_first ($self, $patient) {
    until ($self->{link}->is_up) {
        $self->{link}->step;
        my $error = delete $self->{unreachable} or next;
        next if $patient;
        $self->{link}->close;
        die $error;
    }
    return;
}

# --- Sending

my @MESSAGE_OPTIONS = qw(timeout id delay attempts once dead);

sub send ($self, $to, $body, %options) {
    known(\%options, @MESSAGE_OPTIONS, qw(reply_to receipt on_receipt));
    my $message = $self->_message($to, $body, \%options);
    $message->{reply_to} = address($options{reply_to}) if defined $options{reply_to};
    if (defined $options{receipt}) {
        bad("a receipt is 'taken' or 'done'") if $options{receipt} !~ /\A(?:taken|done)\z/;
        $message->{receipt} = $options{receipt};
    }
    return $self->_send_later($message, $options{on_receipt}) if $options{on_receipt};
    my ($receipt, @why) = $self->_wait_for(sub ($done) { $self->{link}->send($message, $done) });
    Msglite::Error->throw(@why) if @why;
    return { duplicate => $receipt->{options}{duplicate} ? 1 : 0 };
}

sub _message ($self, $to, $body, $options) {
    $self->{link}->check_process;
    my %message = (
        to      => address($to),
        body    => body($body),
        timeout => seconds('a timeout', $options->{timeout} // TIMEOUT),
    );
    if    (defined $options->{id}) { $message{id} = id($options->{id}) }
    elsif ($self->{ids})           { @message{qw(id own_id)} = ($self->new_id, 1) }
    $message{delay}    = seconds('a delay', $options->{delay}) if defined $options->{delay};
    $message{attempts} = count('attempts', $options->{attempts}) if defined $options->{attempts};
    $message{once}     = 1 if $options->{once};

    # undef, and an empty one: nowhere.
    $message{dead} = length($options->{dead} // '') ? address($options->{dead}) : '' if exists $options->{dead};
    return \%message;
}

# A name that no other message has.
sub new_id ($self) { return $self->{prefix} . $self->{ids_given}++ }

sub _send_later ($self, $message, $call) {
    my $link = $self->{link};
    $link->send($message, sub ($answer, @why) {
        $link->later(sub {
            return $call->(undef, Msglite::Error->new(@why)) if !$answer;
            $call->({ duplicate => $answer->{options}{duplicate} ? 1 : 0 }, undef);
        });
    });
    $link->step(0);
    $link->step while $link->is_up && $link->unwritten > UNWRITTEN;
    return;
}

# What `ask` hands to the function that it is given, once it comes.
sub _wait_for ($self, $ask) {
    my @answer;
    $ask->(sub (@given) { @answer = @given });
    $self->{link}->step until @answer;
    return @answer;
}

sub query ($self, $to, $body, %options) {
    known(\%options, @MESSAGE_OPTIONS);
    my $link    = $self->{link};
    my $message = $self->_message($to, $body, \%options);
    my $label = $self->{labels}++;
    my $query = $self->{queries}{$label} = {};
    $message->{reply_to} = "$self->{mailbox}~$label";
    $self->_listen;
    my $due = Msglite::Link::now() + $message->{timeout};
    my $ask = $link->send($message, sub ($receipt, @why) { $query->{error} //= \@why if @why });
    my $left;
    eval {
        $link->step($left)
            until $query->{answer} || $query->{error} || ($left = $due - Msglite::Link::now()) <= 0;
        1;
    } or do { my $error = $@; delete $self->{queries}{$label}; $link->drop($ask); die $error };
    delete $self->{queries}{$label};
    $link->drop($ask);
    return Msglite::Message->new($query->{answer}, $self) if $query->{answer};
    return if !$query->{error} || $query->{error}[0] eq 'expired';
    Msglite::Error->throw(@{ $query->{error} });
}

# One receive stands for as long as the client lives: so an answer finds its query whatever becomes of connections. With a
# journal answers come under a lease, so that none is lost with a connection.
sub _listen ($self) {
    return if $self->{answers};
    my $link  = $self->{link};
    my $lease = $self->{safe_replies} && ($link->welcome->{journal} // 'off') ne 'off' ? ANSWER_LEASE : 0;
    weaken(my $weak = $self);
    $self->{answers} = $link->receive(
        { addresses => [ $self->{mailbox} ], timeout => undef, count => undef, lease => $lease },
        sub ($delivery) {
            $link->done($delivery) if defined $delivery->{name};
            my ($label) = $delivery->{to} =~ /~(\d+)\z/;
            my $query = $weak && defined $label ? $weak->{queries}{$label} : undef;
            $query->{answer} //= $delivery if $query;
        },
        sub (@why) {
            return if !$weak;
            delete $weak->{answers};
            $_->{error} //= \@why for values %{ $weak->{queries} };
        },
    );
    return;
}

# --- Receiving

sub ready ($self, $addresses, %options) {
    known(\%options, 'timeout');
    my $timeout = seconds('a timeout', $options{timeout} // TIMEOUT);
    my $wanted  = addresses($addresses);
    my $link    = $self->{link};
    $link->check_process;

    # One that came when who had waited for it was gone: a signal's handler had died.
    for my $i (0 .. $#{ $self->{stray} }) {
        my ($queue) = $self->{stray}[$i]{to} =~ /\A(~[^~]*|.*)/s;
        next if !grep { $_ eq $queue } @$wanted;
        return Msglite::Message->new(splice(@{ $self->{stray} }, $i, 1), $self);
    }
    my ($delivery, $over, @why, $gone);
    my $stray   = $self->{stray};
    my $receive = $link->receive(
        { addresses => $wanted, timeout => $timeout, count => 1, lease => 0 },
        sub ($came) { $gone ? push @$stray, $came : ($delivery = $came) },
        sub (@refusal) { ($over, @why) = (1, @refusal) },
    );
    eval { $link->step until $over; 1 } or do {
        my $error = $@;
        $gone = 1;
        $link->withdraw($receive);
        die $error;
    };
    Msglite::Error->throw(@why) if @why;
    return $delivery && Msglite::Message->new($delivery, $self);
}

sub receive ($self, $addresses, %options) {
    known(\%options, qw(lease concurrency count timeout));
    $self->{link}->check_process;
    return Msglite::Stream->new($self, _wanted($addresses, \%options, LEASE), 0);
}

sub _wanted ($addresses, $options, $lease) {
    return {
        addresses   => addresses($addresses),
        lease       => seconds('a lease', $options->{lease} // $lease, 0.001),
        concurrency => count('concurrency', $options->{concurrency} // 1),
        count       => defined $options->{count}   ? count('count', $options->{count})           : undef,
        timeout     => defined $options->{timeout} ? seconds('a timeout', $options->{timeout}) : undef,
    };
}

sub serve ($self, $addresses, $handler, %options) {
    known(\%options, qw(lease concurrency count timeout signals retry_delay));
    my $delay  = $options{retry_delay} // sub ($attempt, @) { my $s = 2**($attempt - 1); $s < LONGEST_DELAY ? $s : LONGEST_DELAY };
    my $stream = Msglite::Stream->new($self, _wanted($addresses, { %options, timeout => undef }, SERVE_LEASE), 1);
    my $told;
    local $SIG{TERM} = $options{signals} // 1 ? sub { $told = 1 } : $SIG{TERM};
    local $self->{serving} = $stream;
    until ($stream->is_over) {
        my $message = $stream->next(LOOK);
        $self->_handle($message, $handler, $delay, $options{timeout}) if $message;
        $stream->stop if $told;
    }
    $self->flush;
    return;
}

# Ends `serve`, from inside of a handler.
sub stop ($self) {
    $self->{serving}->stop if $self->{serving};
    return;
}

# A reply must be the broker's before the message is finished: otherwise its sender might wait in vain.
sub _handle ($self, $message, $handler, $delay, $timeout) {
    my $worked = eval {
        my $result = $handler->($message);
        if ($message->is_ours) {
            $message->reply($result, defined $timeout ? (timeout => $timeout) : ())
                if defined $result && defined $message->reply_to;
            $message->done if $message->is_ours;
        }
        1;
    };
    return if $worked;
    my $error = $@;
    $self->_tell('on_handler_failed', $error, $message) or Carp::carp("a handler failed: $error");
    return if !$message->is_ours;
    $message->give_back(ref $delay ? $delay->($message->attempt, $error) : $delay);
    return;
}

# --- The rest

sub flush ($self) {
    my (undef, @why) = $self->_wait_for(sub ($done) { $self->{link}->flush($done) });
    Msglite::Error->throw(@why) if @why;
    return;
}

sub control ($self) { return Msglite::Control->new($self->{link}) }

sub poll ($self, $seconds = 0) {
    my $link = $self->{link};
    my $due  = Msglite::Link::now() + $seconds;
    my $left = $seconds;
    do { $link->step($left) } while ($left = $due - Msglite::Link::now()) > 0;
    return;
}

sub handle ($self) { return $self->{link}->socket }

sub is_connected ($self) { return $self->{link}->is_up }

sub close ($self) {
    my $link = $self->{link};
    return if $self->{over}++;
    $link->check_process;
    my @why;
    if ($link->is_up || $link->is_busy) {
        my $answer;
        my $due = Msglite::Link::now() + FAREWELL;
        $link->flush(sub (@given) { $answer = \@given });
        my $left = FAREWELL;
        $link->step($left) until $answer || ($left = $due - Msglite::Link::now()) <= 0;
        @why = $answer ? @$answer[ 1 .. $#$answer ] : ('connection-lost', 'it did not answer in time');
    }
    $link->close;
    Msglite::Error->throw('connection-lost', "the broker may not have carried out all: $why[1]") if @why;
    return;
}

sub link ($self) { return $self->{link} }

sub lease_lost ($self, $message, $late) {
    $self->{link}->later(sub { $self->_tell('on_lease_lost', $message, $late) });
    return;
}

sub _tell ($self, $event, @arguments) {
    my $call = $self->{$event} or return 0;
    $call->(@arguments);
    return 1;
}

sub _up ($self, $endpoint) {
    my %event = (address => $endpoint->text);
    $self->_tell('on_connect', \%event);
    $self->_tell('on_reconnect', { %event, failed => $self->{tries}, away => Msglite::Link::now() - ($self->{lost_at} // 0) })
        if $self->{ups}++;
    $self->{tries} = 0;
    return;
}

sub _down ($self, $reason, $under_way) {
    $self->{lost_at} = Msglite::Link::now();
    $self->_tell('on_disconnect', { reason => $reason, queries => scalar keys %{ $self->{queries} }, %$under_way });
    return;
}

sub _retry ($self, $reason, $pause) {
    $self->{tries}++;
    $self->{unreachable} = $reason if !$self->{ups};
    $self->_tell('on_retry', { reason => $reason, pause => $pause });
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Client - sends messages, waits for them, asks and answers, and loses none

=head1 SYNOPSIS

  use Msglite::Client;

  my $client = Msglite::Client->connect('unix:/tmp/msglite.socket');

  $client->send('jobs', 'first thing to do', timeout => 3600);

  my $answer = $client->query('sums', '2+2', timeout => 5);
  say $answer ? $answer->body : 'nobody answered';

  $client->serve('sums', sub {
      my ($message) = @_;
      return add($message->body);
  });

=head1 DESCRIPTION

A client of the msglite broker, on one connection, in its tagged protocol. When the connection is lost it makes another one,
by itself, and goes on: what had no receipt is sent again, under its id, so that it is not there twice; what waits for
messages and answers waits again; leases are claimed.

Calls wait until they have what they are for, and meanwhile everything else goes on, too: only then. There are no threads.
While your program does something else, nothing is read, nothing is sent again, and no lease is extended (see L</LEASES>).

Bodies, addresses and ids are strings of bytes, here and in what comes back. One with a character beyond U+00FF is refused:
encode it first. Times are in seconds, with up to 3 decimals.

Errors are thrown: a L<Msglite::Error>, with a C<code>. Options are named; one that is unknown is an error. A signal's
handler may die, and so break off any wait (C<alarm> is how Perl programs bound what has no timeout): nothing is lost by it.

A process that was forked has nothing of what its parent had asked for. With its first call it makes a connection of its own.

=head1 METHODS

=head2 connect($address, %options)

Where the broker is: C<unix:/path>, C<tcp:host:port>, several in a list or with commas between, which are tried in turn.
Dies with C<unreachable>, C<unauthorized>, C<bad-argument> or C<protocol>.

=over

=item token

For brokers that require one.

=item tls

For brokers that speak TLS on TCP: 1, or a hash of C<ca_file>, C<cert_file>, C<key_file>, C<verify_name>. It needs the module
L<IO::Socket::SSL>.

=item name

Begins the ids that the client gives to messages.

=item wait

Whether the first connection is waited for, instead of failing at once; 0 if not given.

=item connect_timeout

Of one attempt, with the answer to our hello; 10 if not given.

=item reconnect

C<< { min => 0.05, max => 5, jitter => 1 } >>: pauses between attempts. The first is at most C<min>; it doubles up to
C<max>. C<jitter>, 0 to 1, is the part of each that chance decides.

=item max_buffered

C<< { messages => 100_000, bytes => 67_108_864 } >>: what may wait while there is no connection. More is refused: C<full>.

=item idle

Silence after which either side takes the other for dead; never if not given. It must be longer than the longest time
for which your program does not call the client. Of the end of a process on the same machine the system tells; on TCP
connections the system asks by itself (keepalive).

=item ids

Whether sends without an id of their own get one; 1 if not given. Without, a send that had no receipt when the connection
was lost fails with C<connection-lost>. If a broker has no room for the id of such a message, it is sent once more without.

=item safe_replies

Whether answers to queries come under a lease where the broker has a journal, so that none is lost with a connection; 1 if
not given.

=item on_connect, on_disconnect, on_reconnect, on_retry, on_lease_lost, on_handler_failed

Called with a hash: C<address>; C<reason>, C<unanswered>, C<receives>, C<deliveries>, C<queries>; C<address>, C<failed>,
C<away>; C<reason>, C<pause>. The last two with the message, and whether it had been finished when that became known; with
the error and the message (if it is not given, that is a warning).

=back

=head2 send($to, $body, %options)

Returns the broker's receipt, C<< { duplicate => 0 or 1 } >>: whatever happens now, the message is handed over or expires.

=over

=item timeout

60 if not given.

=item reply_to

Where answers are awaited.

=item id

Your own unique name for the message: sent again under the same name, to the same address, it is not queued again.

=item delay

Before it is handed over; less than the timeout.

=item attempts

Leased deliveries it may have in all; 5 if not given.

=item once

Once somebody has sent to its reply address, it is not delivered again.

=item dead

Where it goes when it is dead; undef: nowhere. C<dead:> and its address if not given.

=item receipt

C<done>: the receipt comes when the message is finished. C<taken> is what is so anyway.

=item on_receipt

Does not wait, but calls this with the receipt, or with undef and the error, while another call waits for something. With it
thousands of messages can be under way; C<flush> waits for all.

=back

=head2 ready($addresses, timeout => $seconds)

Waits for one message to an address, or one of a list of up to 8, and returns a L<Msglite::Message>; undef: the time (60 if
not given) ran out. It has no lease: it is finished, and lost if the connection breaks while it is on its way.

=head2 query($to, $body, %options)

Sends a message and waits for one answer to it, a L<Msglite::Message>; undef: the time (C<timeout>, 60 if not given) ran out.
Options as for C<send>, but for the reply address and the receipt.

=head2 receive($addresses, %options)

Messages under a lease, one after the other: a L<Msglite::Stream>.

=over

=item lease

For how long each is ours; 60 if not given.

=item concurrency

Messages that are ours at a time; 1 if not given. One that is done, given back or lost makes place for the next.

=item count

Messages in all; no end if not given.

=item timeout

For the whole; no end if not given. With 0 it takes what is there.

=back

=head2 serve($addresses, $handler, %options)

Lets C<$handler> work on messages. What it returns, unless that is undef, is sent to where the sender awaits an answer, and
the message is done; if it dies, the message is given back. Returns when C<stop> was called, on SIGTERM, or after C<count>
messages, with the work in progress finished.

=over

=item lease

600 if not given: see L</LEASES>.

=item concurrency

Messages taken at a time; 1 if not given. The handler works on one of them, the others wait in this process.

=item count

Messages in all; no end if not given.

=item signals

Whether SIGTERM ends it; 1 if not given.

=item retry_delay

Before a message on which the handler failed comes again: seconds, or a function of the attempt and the error. If not
given 1, 2, 4, ... 60 at most.

=item timeout

Of replies; 60 if not given.

=back

=head2 stop

Called from inside of a handler: C<serve> takes no more, and returns when it is done with what it has.

=head2 flush

Returns when all that was said before is carried out and, with a journal, on disk: sends, and messages that are done.

=head2 control

To inspect and control the broker: a L<Msglite::Control>.

=head2 poll($seconds)

Reads, writes and does what is due for so long, 0 if not given: for programs with a loop of their own, which find the
socket in C<handle>.

=head2 handle, is_connected

The socket, or undef while there is no connection; whether there is one. After a lost connection it is another one.

=head2 close

Returns when the broker has carried out all that was said and, if it has a journal, has it on disk; dies with
C<connection-lost> if that can't be told. Messages that are not done go back.

=head1 LEASES

A message under a lease goes to somebody else if its receiver is lost. If that is a process on the same machine, or one
whose connection breaks, the broker knows at once; the length of the lease only matters where nobody can tell, as when a
machine is cut off, or a program hangs.

In Perl nothing can extend a lease while a handler works. So C<serve> takes 600 seconds, and extends them whenever it has the
floor: for messages that wait for their handler, and in every call of the client from inside of it. For work that may take
longer ask for more, or call L<Msglite::Message/keep> now and then. Who then hangs holds its message for as long.

=head1 SEE ALSO

L<Plack::Handler::Msglite>, and the broker's documentation of its protocol.

=cut
