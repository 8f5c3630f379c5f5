package Plack::Handler::Msglite;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Arguments qw(addresses seconds count);
use Msglite::Client;
use Msglite::Endpoint;
use Msglite::PSGI::Master;

our $VERSION = '0.1.0';

Msglite::PSGI::Master->remember_call;

sub new ($class, %options) { return bless {%options}, $class }

sub run ($self, $app) {
    my $master = Msglite::PSGI::Master->new(app => $app, builder => $self->{psgi_app_builder}, settings => $self->_settings);
    $master->run;
    return;
}

sub _settings ($self) {
    my $broker = $self->{broker} // $ENV{MSGLITE_BROKER} // 'unix:/tmp/msglite.socket';
    my @places = Msglite::Endpoint->parse($broker);
    my $max    = $self->{max_requests} // 10_000;
    return {
        broker       => $broker,
        broker_text  => join(', ', map { $_->text } @places),
        address      => addresses([ split /[\s,]+/, $self->{address} // 'msglite.httpRequests' ]),
        token        => $self->{token} // $ENV{MSGLITE_TOKEN},
        tls          => $self->_tls,
        idle         => seconds('--idle', $self->{idle} // 0),
        workers      => count('--workers', $self->{workers} // 5),
        max_requests => $max ? count('--max-requests', $max) : 0,
        lease        => seconds('--lease', $self->{lease} // 600, 1),
        stop_timeout => seconds('--stop-timeout', $self->{stop_timeout} // 60),
        pid          => $self->{pid},
    };
}

sub _tls ($self) {
    my %tls = map { defined $self->{"broker_$_"} ? ($_ => $self->{"broker_$_"}) : () } qw(ca cert key);
    return undef if !%tls && !$self->{broker_tls};
    my %files = (ca => 'ca_file', cert => 'cert_file', key => 'key_file');
    return { map { $files{$_} => $tls{$_} } keys %tls };
}

1;
