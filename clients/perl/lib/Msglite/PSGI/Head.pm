package Msglite::PSGI::Head;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';
use JSON::PP ();

our @EXPORT_OK = qw(parse_request headers_of encode_response);

my %ESCAPE = ('\\' => '\\', '/' => '/', b => "\b", f => "\f", n => "\n", r => "\r", t => "\t", '"' => "\0");

# A string that has no escapes (any more).
my $STRING = qr/"([^"\\\x80-\xff]*)"/;

# What the proxy writes, in its order.
my $PLAIN = qr/
    \A \{ "v":2 ,"method":$STRING ,"url":$STRING ,"protocol":$STRING ,"headers":\[ ((?:"[^\\\x80-\xff]*")?) \]
    ,"scheme":$STRING ,"remoteAddr":$STRING ,"cancelAddr":$STRING (?: ,"bodyAddr":$STRING )? \} \z
/x;

# The JSON with which a request begins, as a hash. Strings have one character per byte. `list`: the headers as they stood
# there, where that is all that can be told of them quickly.
sub parse_request ($json) { return _parse_plain($json) // _parse_any($json) }

# What proxies send. JSON::PP needs a hundred times as long.
sub _parse_plain ($json) {
    my $quoted = index($json, '\\') >= 0;
    if ($quoted) { $json = _unescape($json) // return }
    my %head;
    @head{qw(method url protocol list scheme remoteAddr cancelAddr bodyAddr)} = $json =~ $PLAIN or return;
    $head{v} = 2;
    return \%head if !$quoted;
    $head{headers} = headers_of(delete $head{list});
    tr/\0/"/ for @{ $head{headers} }, grep { defined } @head{qw(method url protocol)};
    return \%head;
}

# A quotation mark must not be taken for the end of its string: NUL stands for it.
sub _unescape ($json) {
    return if index($json, "\0") >= 0;
    my $strange;
    $json =~ s{\\(?:u00([0-9a-fA-F]{2})|(.))}{
        my $char = defined $1 ? $1 eq '22' ? "\0" : chr hex $1 : $ESCAPE{$2};
        $strange = 1 if !defined $char || $char eq '\\' || defined $1 && $1 eq '00';
        $char // '';
    }gesx;
    return $strange ? undef : $json;
}

# Name, value, name, value, of what stood between the brackets.
sub headers_of ($list) {
    my @headers = $list eq '' ? () : split /","/, substr($list, 1, -1), -1;
    die "the headers are names and values\n" if @headers % 2 || 2 * @headers != $list =~ tr/"//;
    return \@headers;
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
    return qq{["$status",["} . join('","', @$headers) . '"]]' if join("\0", @$headers) !~ /[^ !#-\[\]-~\0]/;
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
