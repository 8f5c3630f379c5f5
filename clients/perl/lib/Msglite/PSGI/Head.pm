package Msglite::PSGI::Head;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';
use JSON::PP ();

our @EXPORT_OK = qw(parse_request encode_response);

my %ESCAPE = ('\\' => '\\', '/' => '/', b => "\b", f => "\f", n => "\n", r => "\r", t => "\t", '"' => "\0");

# The JSON with which a request begins, as a hash. Strings have one character per byte.
sub parse_request ($json) { return _parse_plain($json) // _parse_any($json) }

# What proxies send: an object of strings, numbers and lists of strings. JSON::PP needs a hundred times as long.
sub _parse_plain ($json) {
    my $escapes = index($json, '\\') >= 0;
    if ($escapes) {
        my $strange = index($json, "\0") >= 0;

        # A quotation mark must not be taken for the end of its string: NUL stands for it.
        $json =~ s{\\(?:u00([0-9a-fA-F]{2})|(.))}{
            my $char = defined $1 ? $1 eq '22' ? "\0" : chr hex $1 : $ESCAPE{$2};
            $strange = 1 if !defined $char || $char eq "\0" && defined $1 && $1 eq '00';
            $char // '';
        }gesx;
        return if $strange;
    }

    # Strings and what is between them take turns.
    my @parts = split /"/, $json, -1;
    my $last  = $#parts;
    return if $last < 2 || $parts[0] ne '{';
    if ($escapes) { tr/\0/"/ for @parts }
    my (%head, $at);
    for ($at = 1; $at < $last; $at += 2) {
        my ($name, $sign) = @parts[ $at, $at + 1 ];
        if ($sign eq ':') {
            $at += 2;
            $head{$name} = $parts[$at];
        }
        elsif ($sign eq ':[') {
            my @list;
            do { $at += 2; push @list, $parts[$at] } while $at < $last && $parts[ $at + 1 ] eq ',';
            return if $at >= $last;
            my $end = $parts[ $at + 1 ];
            return if substr($end, 0, 1) ne ']';
            $head{$name} = \@list;
            $parts[ $at + 1 ] = substr $end, 1;
        }
        elsif ($sign =~ /\A:(?:(\d{1,9})|\[\])([,}])\z/) {
            $head{$name} = $1 // [];
            $parts[ $at + 1 ] = $2;
        }
        else { return }
        return if $at >= $last || $parts[ $at + 1 ] ne ($at + 1 == $last ? '}' : ',');
    }
    return \%head;
}

sub _parse_any ($json) {
    my $head = JSON::PP->new->utf8->decode($json);
    die "no object\n" if ref $head ne 'HASH';
    for my $text (map { ref eq 'ARRAY' ? @$_ : ref eq 'HASH' ? %$_ : $_ } values %$head) {
        utf8::downgrade($text) if defined $text && !ref $text;
    }
    return $head;
}

# The first line of a response.
sub encode_response ($status, $headers) {
    return qq{["$status",[} . join(',', map { _quote($_) } @$headers) . ']]';
}

sub _quote ($value) {
    my $text = $value // '';
    utf8::downgrade($text, 1) or die "a header has characters beyond U+00FF\n";
    $text =~ s/([^ !#-\[\]-~])/sprintf '\\u%04x', ord $1/ge if $text =~ /[^ !#-\[\]-~]/;
    return qq{"$text"};
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Head - the JSON at the beginning of web requests and responses

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>.

=cut
