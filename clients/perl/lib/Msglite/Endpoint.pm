package Msglite::Endpoint;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use IO::Socket::IP;
use IO::Socket::UNIX;
use Socket qw(IPPROTO_TCP SOCK_STREAM SOL_SOCKET SO_KEEPALIVE TCP_NODELAY);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use Msglite::Error;

# `unix:/path`, `tcp:host:port`, a list of those, or several in one text with commas between.
sub parse ($class, $address) {
    my @texts = map { split /,(?=\s*(?:unix|tcp):)/ } ref $address eq 'ARRAY' ? @$address : $address // ();
    my @endpoints = map { $class->_parse_one(s/\A\s+|\s+\z//gr) } @texts;
    Msglite::Error->throw('bad-argument', 'at least one address is needed') if !@endpoints;
    return @endpoints;
}

sub _parse_one ($class, $text) {
    return bless { text => $text, path => $1 }, $class if $text =~ /\Aunix:([^\0]+)\z/;
    if ($text =~ /\Atcp:(?:\[([\da-f:.]+(?:%\w+)?)\]|([^:\[\]\s]+)):(\d{1,5})\z/i && $3 <= 65535) {
        return bless { text => $text, host => $1 // $2, port => $3 }, $class;
    }
    Msglite::Error->throw('bad-argument', "'$text' is neither unix:/path nor tcp:host:port");
}

sub text ($self) { return $self->{text} }

# A connected socket that does not block; dies with why there is none.
sub dial ($self, $timeout, $tls) {
    my $socket = defined $self->{path} ? $self->_unix($timeout) : $self->_tcp($timeout, $tls);
    $socket->blocking(0);
    return $socket;
}

sub _unix ($self, $timeout) {
    return IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $self->{path}, Timeout => $timeout) || $self->unreachable($!);
}

sub _tcp ($self, $timeout, $tls) {
    my $due    = clock_gettime(CLOCK_MONOTONIC) + $timeout;
    my $socket = IO::Socket::IP->new(
        PeerHost => $self->{host},
        PeerPort => $self->{port},
        Type     => SOCK_STREAM,
        Timeout  => $timeout,
    ) || $self->unreachable($@ || $!);
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;

    # So that the end of the other machine is noticed, even while a handler works and nobody listens.
    setsockopt $socket, SOL_SOCKET, SO_KEEPALIVE, 1;
    setsockopt $socket, IPPROTO_TCP, Socket::TCP_KEEPIDLE(),  60 if defined &Socket::TCP_KEEPIDLE;
    setsockopt $socket, IPPROTO_TCP, Socket::TCP_KEEPINTVL(), 20 if defined &Socket::TCP_KEEPINTVL;
    return $socket if !$tls;
    return $self->_secure($socket, $due - clock_gettime(CLOCK_MONOTONIC), $tls);
}

sub _secure ($self, $socket, $timeout, $tls) {
    eval { require IO::Socket::SSL; 1 }
        or Msglite::Error->throw('bad-argument', 'TLS needs the module IO::Socket::SSL');
    my %options = ref $tls ? %$tls : ();
    my $name    = $options{verify_name} // $self->{host};
    my $secured = IO::Socket::SSL->start_SSL(
        $socket,
        Timeout             => $timeout > 0.001 ? $timeout : 0.001,
        SSL_version         => 'SSLv23:!SSLv2:!SSLv3:!TLSv1:!TLSv1_1',
        SSL_verify_mode     => IO::Socket::SSL::SSL_VERIFY_PEER(),
        SSL_verifycn_name   => $name,
        SSL_verifycn_scheme => 'default',
        ($name =~ /[a-z]/i ? (SSL_hostname => $name) : ()),
        (map { defined $options{$_} ? ("SSL_$_" => $options{$_}) : () } qw(ca_file ca_path cert_file key_file)),
    ) || $self->unreachable('no TLS: ' . IO::Socket::SSL::errstr());
    return $secured;
}

sub unreachable ($self, $why) {
    Msglite::Error->throw('unreachable', "no broker at $self->{text}: $why");
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Endpoint - where a broker is, and how to connect to it

=head1 DESCRIPTION

Inside of L<Msglite::Client>.

=cut
