package Msglite::PSGI::Environment;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';

our @EXPORT_OK = qw(environment);

use Msglite::PSGI::Head qw(parse_common);

# Names of headers as variables; '': left out. And what came of what requests have in common: clients say the same again and
# again. Kept from the second time on, because many things are said once only. Bounded, because clients choose them.
my (%KEY, %SEEN);
use constant { MOST_KEYS => 1000, MOST_SEEN => 200, LONGEST_SEEN => 4096 };

# What is the same for all requests.
my %STANDARD = (
    SCRIPT_NAME            => '',
    'psgi.version'         => [ 1, 1 ],
    'psgi.errors'          => *STDERR,
    'psgi.multithread'     => !!0,
    'psgi.multiprocess'    => !!1,
    'psgi.run_once'        => !!0,
    'psgi.nonblocking'     => !!0,
    'psgi.streaming'       => !!1,
    'psgix.input.buffered' => !!1,
    'psgix.harakiri'       => !!1,
    'psgix.cleanup'        => !!1,
);

# What PSGI says of a request, from its head. All but its body.
sub environment ($head, $reply) {
    my $common = $head->{common};
    my $seen   = defined $common ? $SEEN{$common} : undef;
    my $env    = $seen ? {%$seen} : defined $common ? _see($common) : _shared($head);
    my $url    = $head->{url};
    my $at     = index $url, '?';
    my $path   = $at < 0 ? $url : substr $url, 0, $at;
    if (substr($path, 0, 1) ne '/') {

        # In absolute form, or none at all.
        $path = $path =~ m{\A[a-z][a-z0-9+.-]*://[^/]*(.*)}si ? $1 eq '' ? '/' : $1 : '';
    }
    $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge if index($path, '%') >= 0;
    @$env{qw(REQUEST_METHOD PATH_INFO QUERY_STRING REQUEST_URI msglite.request psgix.cleanup.handlers)}
        = ($head->{method}, $path, $at < 0 ? '' : substr($url, $at + 1), $url, $reply, []);
    return $env;
}

sub _see ($common) {
    my $env = _shared(parse_common($common));
    return $env if length $common > LONGEST_SEEN;
    %SEEN = () if keys %SEEN >= MOST_SEEN;
    $SEEN{$common} = exists $SEEN{$common} ? {%$env} : undef;
    return $env;
}

sub _shared ($head) {
    my %env     = %STANDARD;
    my $headers = $head->{headers};
    $headers = [ map { ($_, $headers->{$_}) } sort keys %$headers ] if ref $headers eq 'HASH';
    _add_headers(\%env, $headers);
    my $scheme = $head->{scheme} // 'http';
    my ($host, $port) = ($env{HTTP_HOST} // '') =~ /\A(\[[^\]]*\]|[^:]*)(?::(\d*))?\z/;
    $env{HTTPS}             = 'on' if $scheme eq 'https';
    $env{'psgi.url_scheme'} = $scheme;
    $env{SERVER_PROTOCOL}   = $head->{protocol};
    $env{SERVER_NAME}       = length($host // '') ? $host : 'localhost';
    $env{SERVER_PORT}       = length($port // '') ? $port : $scheme eq 'https' ? 443 : 80;
    $env{REMOTE_ADDR}       = $head->{remoteAddr} // '';
    return \%env;
}

sub _add_headers ($env, $headers) {
    die "the headers of a request are names and values\n" if @$headers % 2;
    for (my $i = 0; $i < @$headers; $i += 2) {
        my $name = $headers->[$i];
        my $key  = $KEY{$name} // _key($name);
        if    (!exists $env->{$key}) { $env->{$key} = $headers->[ $i + 1 ] }
        elsif ($key ne '')           { $env->{$key} .= ($key eq 'HTTP_COOKIE' ? '; ' : ', ') . $headers->[ $i + 1 ] }
    }
    delete $env->{''};
    return;
}

sub _key ($name) {
    %KEY = () if keys %KEY >= MOST_KEYS;
    my $key = uc $name =~ tr/-/_/r;

    # Two names must never become one: X_Admin would pass for X-Admin. And HTTP_PROXY is something else to many programs.
    # Transfer-Encoding is over: the body has been put together.
    return $KEY{$name} = '' if $name =~ /_/ || $key eq 'PROXY' || $key eq 'TRANSFER_ENCODING';
    return $KEY{$name} = $key if $key eq 'CONTENT_TYPE' || $key eq 'CONTENT_LENGTH';
    return $KEY{$name} = "HTTP_$key";
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
