package Msglite::PSGI::Chunked;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

# Bytes that wait for the end of a line at most.
use constant LONGEST_LINE => 4096;

#     size -> data -> end -> size ..     `end`: the CRLF behind a chunk's data
#     size -> trailers -> over
sub new ($class) { return bless { state => 'size', buffer => '', left => 0 }, $class }

# The data in the next bytes of a chunked body (RFC 9112, 7.1).
sub decode ($self, $bytes) {
    $self->{buffer} .= $bytes;
    my $data = '';
    while ($self->{buffer} ne '' && $self->{state} ne 'over') {
        if ($self->{state} eq 'data') {
            my $piece = substr $self->{buffer}, 0, $self->{left}, '';
            $data .= $piece;
            $self->{left} -= length $piece;
            $self->{state} = 'end' if !$self->{left};
            next;
        }
        my $end = index $self->{buffer}, "\n";
        _wrong() if ($end < 0 ? length $self->{buffer} : $end) > LONGEST_LINE;
        last if $end < 0;
        my $line = substr($self->{buffer}, 0, $end + 1, '') =~ s/\r?\n\z//r;
        $self->_line($line);
    }
    return $data;
}

sub is_over ($self) { return $self->{state} eq 'over' }

sub _line ($self, $line) {
    if ($self->{state} eq 'end') {
        _wrong() if $line ne '';
        $self->{state} = 'size';
    }
    elsif ($self->{state} eq 'trailers') {
        $self->{state} = 'over' if $line eq '';
    }
    else {
        my ($size) = $line =~ /\A([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?\z/ or _wrong();
        $self->{left}  = hex $size;
        $self->{state} = $self->{left} ? 'data' : 'trailers';
    }
    return;
}

sub _wrong { die "the application said Transfer-Encoding: chunked, and its body is not\n" }

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Chunked - reads a chunked body

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>. Some frameworks chunk their streams by themselves. How a response travels is between
the proxy and its client, so what is in the chunks is taken out.

=cut
