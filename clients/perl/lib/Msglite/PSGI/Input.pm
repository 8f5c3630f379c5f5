package Msglite::PSGI::Input;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';
use IO::Handle;
use Symbol ();

our @EXPORT_OK = qw(body_of);

# Bytes of a body that are held in memory; what is longer goes to a file that has no name.
use constant IN_MEMORY => 256 * 1024;

my $NOTHING;

# A file handle on a body that is there already. Most requests have none: one handle, at its end wherever it stands, does
# for them, until one closes it.
sub body_of ($bytes) {
    return $NOTHING if $bytes eq '' && defined $NOTHING && defined fileno $NOTHING;
    open my $handle, '<', \$bytes or die "no file in memory: $!";
    $NOTHING = $handle if $bytes eq '';
    return $handle;
}

# A file handle on a body that comes in pieces, read as they are wanted, and kept for who reads again.
# `fetch` returns the next piece, an empty one at the end.
sub in_pieces ($class, $fetch) {
    my $handle = Symbol::gensym();
    tie *$handle, $class, $fetch;
    return $handle;
}

sub TIEHANDLE ($class, $fetch) {
    return bless { fetch => $fetch, data => '', length => 0, at => 0, over => 0 }, $class;
}

# All of it, and how long that is.
sub fetch_all ($self) {
    $self->_fetch until $self->{over};
    return $self->{length};
}

sub _fetch ($self) {
    my $piece = $self->{fetch}->();
    if ($piece eq '') { $self->{over} = 1; return }
    $self->{length} += length $piece;
    if (!$self->{file} && $self->{length} <= IN_MEMORY) { $self->{data} .= $piece; return }
    if (!$self->{file}) {
        open $self->{file}, '+>:raw', undef or die "no temporary file: $!";
        $self->_append(delete $self->{data});
    }
    $self->_append($piece);
    return;
}

sub _append ($self, $bytes) {
    my $file = $self->{file};
    seek $file, 0, 2 and print {$file} $bytes and $file->flush or die "a temporary file can not be written: $!";
    return;
}

sub _slice ($self, $at, $length) {
    return substr $self->{data}, $at, $length if !$self->{file};
    seek $self->{file}, $at, 0;
    read $self->{file}, my ($bytes), $length;
    return $bytes // '';
}

sub READ {
    my ($self, undef, $length, $offset) = @_;
    $offset //= 0;
    $self->_fetch until $self->{over} || $self->{length} >= $self->{at} + $length;
    my $bytes = $self->{at} < $self->{length} ? $self->_slice($self->{at}, $length) : '';
    $self->{at} += length $bytes;
    $_[1] //= '';
    $offset += length $_[1] if $offset < 0;
    $_[1] .= "\0" x ($offset - length $_[1]) if $offset > length $_[1];
    substr($_[1], $offset) = $bytes;
    return length $bytes;
}

sub READLINE ($self) {
    return $self->_line if !wantarray;
    my @lines;
    while (defined(my $line = $self->_line)) { push @lines, $line }
    return @lines;
}

sub _line ($self) {
    my $separator = $/;
    if (ref $separator) {
        my $read = $self->READ(my $record, $$separator);
        return $read ? $record : undef;
    }
    $separator = "\n\n" if defined $separator && $separator eq '';
    my $line = '';
    for (;;) {
        my $start = $self->{at} + length $line;
        $self->_fetch until $self->{over} || $self->{length} > $start;
        last if $start >= $self->{length};
        my $piece = $self->_slice($start, 8192);
        my $from  = length($line) - length($separator // '') + 1;
        $line .= $piece;
        next if !defined $separator;
        my $end = index $line, $separator, $from < 0 ? 0 : $from;
        next if $end < 0;
        $line = substr $line, 0, $end + length $separator;
        last;
    }
    $self->{at} += length $line;
    return $line eq '' ? undef : $line;
}

sub GETC ($self) {
    my $count = $self->READ(my $char, 1);
    return $count ? $char : undef;
}

sub EOF ($self, @) {
    $self->_fetch until $self->{over} || $self->{length} > $self->{at};
    return $self->{at} >= $self->{length};
}

sub SEEK ($self, $offset, $whence) {
    my $at = $whence == 0 ? $offset : $whence == 1 ? $self->{at} + $offset : $self->fetch_all + $offset;
    return 0 if $at < 0;
    $self->{at} = $at;
    return 1;
}

sub TELL ($self) { return $self->{at} }

sub BINMODE ($self, @) { return 1 }

sub FILENO ($self) { return }

sub CLOSE ($self) {
    delete $self->{file};
    @$self{qw(data length at over)} = ('', 0, 0, 1);
    return 1;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Input - the body of a web request, as a file handle

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>. What C<psgi.input> is: it can be read, and read again after C<seek>.

=cut
