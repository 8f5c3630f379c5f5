package Msglite::PSGI::Head;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';
use JSON::PP ();

our @EXPORT_OK = qw(parse_request parse_common encode_response);

my %ESCAPE = ('\\' => '\\', '/' => '/', b => "\b", f => "\f", n => "\n", r => "\r", t => "\t", '"' => "\0");

# A request, as a hash: what its JSON says, with one character per byte, and its `body`. What requests often have in common
# (protocol, headers, scheme, remoteAddr) may be missing: then `common` is what parse_common takes.
sub parse_request ($bytes) {

    # What proxies send, in their order. JSON::PP needs a hundred times as long.
    my %head = (v => 2);
    @head{qw(method url common cancelAddr bodyAddr)} = $bytes =~ m/
        \A\{"v":2,"method":"([^"\\\n\x80-\xff]*)","url":"([^"\\\n\x80-\xff]*(?:\\.[^"\\\n\x80-\xff]*)*)",
        ("protocol":"[^"\\\n]*","headers":\[.*\],"scheme":"[^"\\\n]*","remoteAddr":"[^"\\\n]*"),
        "cancelAddr":"([^"\\\n\x80-\xff]*)"(?:,"bodyAddr":"([^"\\\n\x80-\xff]*)")?\}(?:\n|\z)
    /x or return _parse_other($bytes);
    $head{body} = substr $bytes, $+[0];
    if (index($head{url}, '\\') >= 0) {
        $head{url} = _unescape($head{url}) // return _parse_other($bytes);
        $head{url} =~ tr/\0/"/;
    }
    return \%head;
}

sub _parse_other ($bytes) {
    my ($json, $body) = split /\n/, $bytes, 2;
    return { %{ _parse_any($json) }, body => $body // '' };
}

sub parse_common ($text) { return _parse_plain_common($text) // _parse_any("{$text}") }

sub _parse_plain_common ($text) {
    return if $text =~ /[\x80-\xff]/;
    my $escaped = index($text, '\\') >= 0;
    if ($escaped) { $text = _unescape($text) // return }
    my ($protocol, $list, $scheme, $address)
        = $text =~ /\A"protocol":"([^"]*)","headers":\[(.*)\],"scheme":"([^"]*)","remoteAddr":"([^"]*)"\z/s or return;
    my @headers = $list eq '' ? () : split /","/, substr($list, 1, -1), -1;
    return if 2 * @headers != $list =~ tr/"//;
    if ($escaped) { tr/\0/"/ for @headers, $protocol }
    return { protocol => $protocol, headers => \@headers, scheme => $scheme, remoteAddr => $address };
}

# A quotation mark must not be taken for the end of its string: NUL stands for it.
sub _unescape ($json) {
    return if index($json, "\0") >= 0;
    my $strange;
    $json =~ s{\\(?:u00([0-9a-fA-F]{2})|(.))}{
        my $char = defined $1 ? $1 eq '22' ? "\0" : chr hex $1 : $ESCAPE{$2};
        $strange = 1 if !defined $char || defined $1 && $1 eq '00';
        $char // '';
    }gesx;
    return $strange ? undef : $json;
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
    return qq{["$status",[]]} if !@$headers;

    # One look at all of them: there is rarely anything to escape.
    return qq{["$status",["} . join('","', @$headers) . '"]]' if join('', @$headers) !~ /[^ !#-\[\]-~]/;
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
