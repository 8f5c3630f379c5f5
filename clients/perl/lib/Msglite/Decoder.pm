package Msglite::Decoder;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

# The broker sets the limits; these only keep a stranger from filling our memory.
use constant { MAX_LINE => 64 * 1024, MAX_BODY => 1024 * 1024 * 1024, LARGEST => 2**31 - 1 };

my $NO_OPTIONS = {};

my %OPTIONS = (attempt => 'attempt', delivery => 'name', id => 'id', to => 'sent_to');

#     line <-> body       a frame that has one
#     line <-> skip       a body that is too large
#     any -> broken       what came can't be followed
#
# Who reads from a socket puts it at the end of `buffer`.
sub new ($class, %limits) {
    return bless {
        state  => 'line',
        buffer => '',
        line   => $limits{line} // MAX_LINE,
        body   => $limits{body} // MAX_BODY,
    }, $class;
}

sub push_bytes ($self, $bytes) {
    $self->{buffer} .= $bytes;
    return;
}

# What the broker says, one hash at a time; undef when there is no whole one. What can't be understood has the kind
# `refused`: with `skip` so many bytes of body are passed over, without it it is the last.
sub next_frame ($self) {
    my $buffer = \$self->{buffer};
    return if $$buffer eq '';
    my $state = $self->{state};
    if ($state eq 'line') {

        # What nearly all are: a receipt, or a message under a lease.
        if ($$buffer =~ /\A\+\+ ([!-~]+)\r\n/) {
            my $frame = { kind => 'done', tag => $1, options => $NO_OPTIONS };
            substr $$buffer, 0, $+[0], '';
            return $frame;
        }
        my $frame = _leased($buffer, $self->{body});
        return $frame if $frame;
    }
    my $frame
        = $state eq 'line' ? $self->_line
        : $state eq 'body' ? $self->_body
        : $state eq 'skip' ? $self->_pass_over
        :                    undef;
    $self->{state} = 'broken' if $frame && $frame->{kind} eq 'refused' && !defined $frame->{skip};
    return $frame;
}

# A message under a lease, if all of it is there.
sub _leased ($buffer, $most) {
    my %frame = (kind => 'message');
    @frame{qw(tag length timeout to reply_to attempt name id)} = $$buffer =~ m{
        \A >>[ ]([!-~]+)[ ]([0-9]{1,9})[ ]([0-9]{1,9})[ ]([!-~]+)[ ]([!-~]+)[ ]attempt=([0-9]{1,9})[ ]delivery=(\@[!-~]+)
        (?:[ ]id=([!-~]+))?\r\n
    }x or return;
    my $start  = $+[0];
    my $length = delete $frame{length};
    my $end    = $start + $length + 2;
    return if !$length || $length > $most || length $$buffer < $end || substr($$buffer, $end - 2, 2) ne "\r\n";
    $frame{body} = substr $$buffer, $start, $length;
    delete $frame{reply_to} if $frame{reply_to} eq '-';
    substr $$buffer, 0, $end, '';
    return \%frame;
}

sub _line ($self) {
    for (;;) {
        my $end = index $self->{buffer}, "\n";
        return _refused('line-too-long')
            if ($end < 0 ? length $self->{buffer} : $end + 1) > $self->{line} - ($end < 0);
        return if $end < 0;
        my $line = substr $self->{buffer}, 0, $end + 1, '';
        $line =~ s/\r?\n\z//;
        my @words = split /[ \t]+/, $line;
        shift @words if @words && $words[0] eq '';
        next if !@words;

        my $frame  = _parse($line, \@words) // return _refused('bad-command');
        my $length = delete $frame->{length} or return $frame;
        if ($length > $self->{body}) {
            @$self{qw(state skip)} = ('skip', $length);
            return { %{ _refused('body-too-large', $frame->{tag}) }, skip => $length };
        }
        @$self{qw(state open length)} = ('body', $frame, $length);
        return $self->_body;
    }
}

sub _body ($self) {
    my $length = $self->{length};
    return if length $self->{buffer} <= $length;
    my $end = $self->_end_of_body($length) // return;
    my $frame = delete $self->{open};
    $self->{state} = 'line';
    return _refused('bad-length', $frame->{tag}) if !$end;
    $frame->{body} = substr $self->{buffer}, 0, $length, '';
    substr $self->{buffer}, 0, $end, '';
    return $frame;
}

sub _pass_over ($self) {
    my $gone = substr $self->{buffer}, 0, $self->{skip}, '';
    $self->{skip} -= length $gone;
    return if $self->{skip} > 0 || $self->{buffer} eq '';
    my $end = $self->_end_of_body(0) // return;
    $self->{state} = 'line';
    return _refused('bad-length') if !$end;
    substr $self->{buffer}, 0, $end, '';
    return $self->_line;
}

# Bytes of the line end there; 0 if something else is there, undef if that can't be told yet.
sub _end_of_body ($self, $at) {
    my $end = substr $self->{buffer}, $at, 2;
    return 1 if substr($end, 0, 1) eq "\n";
    return 2 if $end eq "\r\n";
    return $end eq "\r" ? undef : 0;
}

sub _parse ($line, $words) {
    my $sign = $words->[0];
    if ($sign eq '>>') {
        return @$words >= 6 ? _message($words) : undef;
    }
    if ($sign eq '++') {
        return { kind => 'done', tag => $words->[1], options => {} } if @$words == 2;
        return if @$words < 2;
        my %options = map { /\A([^=]+)=(.*)\z/s ? ($1, $2) : () } @$words[ 2 .. $#$words ];
        return { kind => 'done', tag => $words->[1], options => \%options };
    }
    if ($sign eq '--') {
        return if @$words < 3;
        my ($text) = $line =~ /\A[ \t]*(?:[^ \t]+[ \t]+){2}[^ \t]+[ \t]*(.*?)[ \t]*\z/s;
        return { kind => 'refusal', tag => $words->[1] eq '?' ? '' : $words->[1], code => $words->[2], text => $text // '' };
    }
    if ($sign eq '**') {
        return @$words == 2 ? { kind => 'over', tag => $words->[1] } : undef;
    }
    if ($sign eq '==') {
        return if @$words != 3;
        my $length = _number($words->[2]) // return;
        return { kind => 'answer', tag => $words->[1], length => $length, body => '' };
    }
    if ($sign eq '-') {

        # Who is turned away on arrival has not said yet which protocol is spoken.
        my ($text) = $line =~ /\A[ \t]*-[ \t]*(.*?)[ \t]*\z/s;
        return { kind => 'refusal', tag => '', code => 'full', text => $text };
    }
    return;
}

sub _message ($words) {
    my (undef, $tag, $length, $timeout, $to, $reply_to) = @$words;
    $length = _number($length) // return;
    return if $timeout !~ /\A[0-9]{1,9}(?:\.[0-9]{1,3})?\z/;
    my $frame = {
        kind    => 'message',
        tag     => $tag,
        to      => $to,
        timeout => $timeout,
        attempt => 1,
        length  => $length,
        body    => '',
    };
    $frame->{reply_to} = $reply_to if $reply_to ne '-';
    for my $i (6 .. $#$words) {
        my ($name, $value) = split /=/, $words->[$i], 2;
        $frame->{ $OPTIONS{$name} } = $value if defined $value && $OPTIONS{$name};
    }
    $frame->{attempt} = _number($frame->{attempt}) // return;
    return $frame;
}

sub _number ($text) {
    return $text =~ /\A[0-9]+\z/ && $text <= LARGEST ? $text + 0 : undef;
}

sub _refused ($code, $tag = undef) {
    return { kind => 'refused', code => $code, defined $tag ? (tag => $tag) : () };
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Decoder - what a broker says in the tagged msglite protocol, from bytes

=head1 DESCRIPTION

Inside of L<Msglite::Client>. Bytes in, hashes out; it knows no socket.

=cut
