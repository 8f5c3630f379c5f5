package Msglite::PSGI::Reply;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Error;
use Msglite::PSGI::Chunked;
use Msglite::PSGI::Head qw(encode_response);

use constant {
    PIECE   => 64 * 1024,    # Bytes of one message at most.
    WINDOW  => 4,            # Pieces on their way to the client.
    TIMEOUT => 60,           # Seconds that one may wait for the proxy.
};

# The answer to one request: a head, then pieces of its body.
#
#     new -> ready (it has a head) -> begun (something was sent) -> over
#
# delivery: the request; head: what it says.
sub new ($class, $client, $link, $delivery, $head) {
    return bless { state => 'new', client => $client, link => $link, delivery => $delivery, request => $head }, $class;
}

sub delivery ($self) { return $self->{delivery} }

sub has_head ($self) { return $self->{state} ne 'new' }

sub is_begun ($self) { return $self->{state} eq 'begun' || $self->{state} eq 'over' }

sub is_over ($self) { return $self->{state} eq 'over' }

sub has_no_body ($self) { return $self->{no_body} }

# Nobody waits for the rest.
sub is_gone ($self) { return $self->{gone} // $self->{delivery}{refused} }

# Takes the head; nothing is sent yet. The list of headers remains its owner's: what changes is a copy.
sub head ($self, $status, $headers) {
    die "the application answered twice\n" if $self->{state} ne 'new';
    die 'the status of a response is a number from 200 to 599, not ' . ($status // 'undef') . "\n"
        if ($status // '') !~ /\A[2-5][0-9][0-9]\z/;
    die "the headers of a response are names and values\n" if @$headers % 2;
    my $bodyless = $status == 204 || $status == 205;
    my ($left, $chunked);
    for (my $i = 0; $i < @$headers; $i += 2) {

        # Most are neither, which the length tells at once.
        my $length = length $headers->[$i];
        next if $length != 14 && $length != 17;
        my $name = lc $headers->[$i];
        if    ($name eq 'content-length')    { $left    = $headers->[ $i + 1 ]; next if !$bodyless }
        elsif ($name eq 'transfer-encoding') { $chunked = lc $headers->[ $i + 1 ] eq 'chunked' }
        else                                 { next }
        $headers = [@$headers];
        splice @$headers, $i, 2;
        $i -= 2;
    }
    die "Content-Length is a number, not $left\n" if defined $left && $left !~ /\A[0-9]+\z/;
    @$self{qw(status headers left state)} = ($status, $headers, $left, 'ready');
    if    ($bodyless || $status == 304 || $self->{request}{method} eq 'HEAD') { $self->{no_body} = 1 }
    elsif ($chunked)                                                          { $self->{chunked} = Msglite::PSGI::Chunked->new }
    return;
}

# The application failed before anything was sent: another head takes the place of its.
sub fail ($self) {
    $self->{state} = 'new';
    delete @$self{qw(no_body chunked)};
    $self->head(500, [ 'Content-Type' => 'text/plain; charset=utf-8' ]);
    return $self->whole("500 Internal Server Error\n");
}

# All of the body. A small one goes as one message with its head, which needs no id: proxies pass over what comes twice.
sub whole ($self, $body) {
    utf8::downgrade($body, 1) or die "the body of a response has characters beyond U+00FF: encode it\n";
    if ($self->{chunked}) {
        $body = $self->{chunked}->decode($body);
        $self->_end_chunked;
    }
    my $length = length $body;
    return $self->finish if !$length || $self->{no_body};
    my $left = $self->{left} // $self->_tell_length($length);
    $body = substr $body, 0, $left if $length > $left;
    if ($left <= $length && $left <= PIECE) {
        $self->{state} = 'over';
        my ($delivery, $text) = ($self->{delivery}, encode_response(@$self{qw(status headers)}));
        $text .= "\n$body" if $body ne '';
        $self->{link}->send({ to => $delivery->{reply_to}, body => $text, timeout => TIMEOUT }, undef, $delivery);
        return;
    }
    $self->write($body);
    return $self->finish;
}

sub _tell_length ($self, $length) {
    $self->{headers} = [ @{ $self->{headers} }, 'Content-Length', $length ];
    return $self->{left} = $length;
}

# A piece of the body, sent at once. Dies with `client-gone` if nobody waits for it.
sub write ($self, $bytes) {
    utf8::downgrade($bytes, 1) or die "the body of a response has characters beyond U+00FF: encode it\n";
    $bytes = $self->{chunked}->decode($bytes) if $self->{chunked};
    return if $self->{no_body} || $bytes eq '' || $self->{state} eq 'over';
    $bytes = substr $bytes, 0, $self->{left} if defined $self->{left} && length $bytes > $self->{left};
    for (my $at = 0; $at < length $bytes; $at += PIECE) {
        my $piece = substr $bytes, $at, PIECE;
        $self->{left} -= length $piece if defined $self->{left};
        $self->_piece($piece, defined $self->{left} && $self->{left} == 0);
    }
    return;
}

# There is no more.
sub finish ($self) {
    return if $self->{state} eq 'over';
    $self->_end_chunked if $self->{chunked} && !$self->is_gone;
    if ($self->{state} eq 'ready') {
        if (!$self->{no_body}) {
            if ($self->{left} // $self->_tell_length(0)) {
                $self->_piece('', 0);
                return $self->finish;
            }
        }
        $self->{state} = 'over';
        $self->_send(encode_response(@$self{qw(status headers)}));
        return;
    }

    # Too early, it makes the proxy break off the connection.
    $self->_piece('', 1) if !$self->is_gone;
    $self->{state} = 'over';
    return;
}

sub _end_chunked ($self) {
    die "the application's body ends in the middle of a chunk\n" if !$self->{chunked}->is_over;
    delete $self->{chunked};
    return;
}

# The proxy is waited for: so no more is sent than the client takes. The last piece only until the broker has it, and with it
# all before.
sub _piece ($self, $piece, $last) {
    $self->listen;
    $self->{link}->keep_on($self->{delivery}) if $self->{state} eq 'ready';
    my $text = $self->{state} eq 'ready' ? encode_response(@$self{qw(status headers)}) . ($piece eq '' ? '' : "\n$piece") : $piece;
    $self->{state} = 'begun';
    my $link = $self->{link};
    if ($last) {
        my $taken;
        $self->_send($text, sub (@) { $taken = 1 }, id => $self->{client}->new_id, own_id => 1);
        $link->step until $taken || $self->is_gone;
        $self->{state} = 'over';
    }
    else {
        $self->{outstanding}++;
        $self->_send($text, sub (@) { $self->{outstanding}-- }, id => $self->{client}->new_id, own_id => 1, receipt => 'done');
        $link->step($self->{outstanding} < WINDOW ? 0 : undef);
        $link->step while $self->{outstanding} >= WINDOW && !$self->is_gone;
    }
    Msglite::Error->throw('client-gone', 'nobody waits for the rest of this response') if $self->is_gone;
    return;
}

# If it is refused its time ran out, or nobody may have it: nobody waits. Or the request is somebody else's by now.
sub _send ($self, $text, $told = undef, @options) {
    my $delivery = $self->{delivery};
    $self->{link}->send({ to => $delivery->{reply_to}, body => $text, timeout => TIMEOUT, @options }, $told, $delivery);
    return;
}

# From now on the proxy tells us.
sub listen ($self) {
    return if $self->{listening} || !defined $self->{request}{cancelAddr};
    $self->{listening} = $self->{link}->receive(
        { addresses => [ $self->{request}{cancelAddr} ], timeout => undef, count => 1, lease => 0 },
        sub { $self->{gone} //= 'the proxy says so' },
        sub (@) { },
    );
    return;
}

# --- What applications may call, as $env->{'msglite.request'}

sub attempt ($self) { return $self->{delivery}{attempt} }

# The lease ends so many seconds from now.
sub keep ($self, $seconds) {
    $self->{link}->keep($self->{delivery}, $seconds);
    $self->{link}->step(0);
    return;
}

# Looks whether nobody waits any more.
sub client_gone ($self) {
    return 1 if $self->is_gone;
    my $link = $self->{link};
    if (!$self->{listening}) {
        $self->listen;
        my $answered;
        $link->flush(sub { $answered = 1 });
        $link->step until $answered || $self->is_gone;
    }
    else { $link->step(0) }
    return $self->is_gone ? 1 : 0;
}

# ---

# Why nobody waited to the end, if that is so. It is not listened to any more.
sub leave ($self) {
    my $receive = delete $self->{listening};
    $self->{link}->withdraw($receive) if $receive;
    return $self->{gone} // $self->{delivery}{refused};
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Reply - the messages that answer a web request

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>.

=cut
