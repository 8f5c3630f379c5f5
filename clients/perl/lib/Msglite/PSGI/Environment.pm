package Msglite::PSGI::Environment;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';

our @EXPORT_OK = qw(environment);

use Msglite::PSGI::Head qw(headers_of);

# Names of headers as variables; '': left out. And what came of whole lists of headers: clients say the same again and again.
# Bounded, because clients choose them.
my (%KEY, %SEEN);
use constant { MOST_KEYS => 1000, MOST_SEEN => 200, LONGEST_SEEN => 4096 };

# What CGI says of a request, from its head.
sub environment ($head) {
    my $url = $head->{url};
    my ($path, $query) = split /\?/, $url, 2;
    if (substr($path, 0, 1) ne '/') {

        # In absolute form, or none at all.
        $path = $path =~ m{\A[a-z][a-z0-9+.-]*://[^/]*(.*)}si ? $1 eq '' ? '/' : $1 : '';
    }
    $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge if index($path, '%') >= 0;
    my $scheme = $head->{scheme} // 'http';
    my ($variables, $host, $port) = @{ _headers($head) };
    my %env = (
        %$variables,
        REQUEST_METHOD  => $head->{method},
        SCRIPT_NAME     => '',
        PATH_INFO       => $path,
        QUERY_STRING    => $query // '',
        REQUEST_URI     => $url,
        SERVER_PROTOCOL => $head->{protocol},
        SERVER_NAME     => $host,
        SERVER_PORT     => $port // ($scheme eq 'https' ? 443 : 80),
        REMOTE_ADDR     => $head->{remoteAddr} // '',
    );
    $env{HTTPS} = 'on' if $scheme eq 'https';
    return \%env;
}

sub _headers ($head) {
    my $list = $head->{list};
    if (!defined $list) {
        my $headers = $head->{headers};
        return _read_headers(ref $headers eq 'HASH' ? map { ($_, $headers->{$_}) } sort keys %$headers : @$headers);
    }
    my $seen = $SEEN{$list};
    return $seen if $seen;
    my $read = _read_headers(@{ headers_of($list) });
    return $read if length $list > LONGEST_SEEN;
    %SEEN = () if keys %SEEN >= MOST_SEEN;
    return $SEEN{$list} = $read;
}

# Variables, and the server's name and port as the client said them.
sub _read_headers (@pairs) {
    my %variables;
    while (my ($name, $value) = splice @pairs, 0, 2) {
        my $key = $KEY{$name} // _key($name);
        if    ($key eq '')               { next }
        elsif (!exists $variables{$key}) { $variables{$key} = $value }
        else                             { $variables{$key} .= ($key eq 'HTTP_COOKIE' ? '; ' : ', ') . $value }
    }
    my ($host, $port) = ($variables{HTTP_HOST} // '') =~ /\A(\[[^\]]*\]|[^:]*)(?::(\d*))?\z/;
    return [ \%variables, length($host // '') ? $host : 'localhost', length($port // '') ? $port : undef ];
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
