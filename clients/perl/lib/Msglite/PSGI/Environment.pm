package Msglite::PSGI::Environment;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';

our @EXPORT_OK = qw(environment);

# Names of headers as variables; false: left out. Bounded, because clients choose the names.
my %KEY;
use constant MOST_KEYS => 1000;

sub _key ($name) {
    %KEY = () if keys %KEY >= MOST_KEYS;
    my $key = uc $name =~ tr/-/_/r;

    # Two names must never become one: X_Admin would pass for X-Admin. And HTTP_PROXY is something else to many programs.
    # Transfer-Encoding is over: the body has been put together.
    return $KEY{$name} = '' if $name =~ /_/ || $key eq 'PROXY' || $key eq 'TRANSFER_ENCODING';
    return $KEY{$name} = $key if $key eq 'CONTENT_TYPE' || $key eq 'CONTENT_LENGTH';
    return $KEY{$name} = "HTTP_$key";
}

# What CGI says of a request, from its head. `body`: what came with it, if it has a length of its own.
sub environment ($head, $body) {
    my $url = $head->{url};
    my ($path, $query) = split /\?/, $url, 2;

    # In absolute form.
    if ($path !~ m{\A/} && $path =~ m{\A[a-z][a-z0-9+.-]*://[^/]*(.*)}si) { $path = $1 eq '' ? '/' : $1 }
    $path = '' if $path !~ m{\A/};
    $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge if index($path, '%') >= 0;
    my $scheme = $head->{scheme} // 'http';
    my %env = (
        REQUEST_METHOD  => $head->{method},
        SCRIPT_NAME     => '',
        PATH_INFO       => $path,
        QUERY_STRING    => $query // '',
        REQUEST_URI     => $url,
        SERVER_PROTOCOL => $head->{protocol},
        REMOTE_ADDR     => $head->{remoteAddr} // '',
        $scheme eq 'https' ? (HTTPS => 'on') : (),
    );
    my $headers = $head->{headers};
    my @pairs   = ref $headers eq 'HASH' ? map { ($_, $headers->{$_}) } sort keys %$headers : @$headers;
    my $chunked;
    while (my ($name, $value) = splice @pairs, 0, 2) {
        my $key = $KEY{$name} // _key($name);
        if    ($key eq '')         { $chunked = 1 if lc $name eq 'transfer-encoding' }
        elsif (!exists $env{$key}) { $env{$key} = $value }
        else                       { $env{$key} .= ($key eq 'HTTP_COOKIE' ? '; ' : ', ') . $value }
    }
    $env{CONTENT_LENGTH} = length $body if $chunked && defined $body;
    my ($host, $port) = ($env{HTTP_HOST} // '') =~ /\A(\[[^\]]*\]|[^:]*)(?::(\d*))?\z/;
    $env{SERVER_NAME} = length($host // '') ? $host : 'localhost';
    $env{SERVER_PORT} = length($port // '') ? $port : $scheme eq 'https' ? 443 : 80;
    return (\%env, $chunked);
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Environment - a web request's head as a PSGI environment

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>.

Headers with C<_> in their names are left out, because in an environment they could pass for others: C<X_Admin> would be
C<X-Admin>. C<Proxy> is left out, because programs take C<HTTP_PROXY> for a setting of theirs. Repeated ones are joined
with a comma, C<Cookie> with a semicolon. The server's name and port are those of C<Host>: a client chooses them.
C<X-Forwarded-For> and its like are headers like any other; nothing is taken from them.

=cut
