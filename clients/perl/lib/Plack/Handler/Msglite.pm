package Plack::Handler::Msglite;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Arguments qw(addresses seconds count known bad);
use Msglite::Client;
use Msglite::Endpoint;
use Msglite::PSGI::Master;

our $VERSION = '0.1.0';

Msglite::PSGI::Master->remember_call;

my @OPTIONS = qw(
    broker token broker_tls broker_ca broker_cert broker_key http_msg_address workers max_requests lease drain_timeout
    boot_timeout pid loglevel idle
);

# What plackup and its loaders tell every server. What is meant for those that listen themselves means nothing here.
my @NOT_OURS = qw(host port listen socket proto daemonize server_ready server_software psgi_app_builder);

sub new ($class, %options) {
    my %ours = %options;
    delete @ours{@NOT_OURS};
    known(\%ours, @OPTIONS);
    return bless {%options}, $class;
}

sub run ($self, $app) {
    my $master = Msglite::PSGI::Master->new(app => $app, builder => $self->{psgi_app_builder}, settings => $self->_settings);
    $master->run;
    return;
}

sub _settings ($self) {
    my $broker   = $self->{broker} // $ENV{MSGLITE_BROKER} // 'unix:/tmp/msglite.socket';
    my @places   = Msglite::Endpoint->parse($broker);
    my $loglevel = $self->{loglevel} // 'minimal';
    bad("--loglevel is minimal, info or debug, not $loglevel") if $loglevel !~ /\A(?:minimal|info|debug)\z/;
    return {
        broker        => $broker,
        broker_text   => join(', ', map { $_->text } @places),
        address       => addresses([ split /[\s,]+/, $self->{http_msg_address} // 'msglite.httpRequests' ]),
        token         => $self->{token} // $ENV{MSGLITE_TOKEN},
        tls           => $self->_tls,
        idle          => seconds('--idle', $self->{idle} // 0),
        workers       => count('--workers', $self->{workers} // _processors()),
        max_requests  => $self->{max_requests} ? count('--max-requests', $self->{max_requests}) : 0,
        lease         => seconds('--lease', $self->{lease} // 600, 1),
        drain_timeout => seconds('--drain-timeout', $self->{drain_timeout} // 30),
        boot_timeout  => seconds('--boot-timeout', $self->{boot_timeout} // 60),
        pid           => $self->{pid},
        loglevel      => $loglevel,
    };
}

# Perl can't tell; POSIX's getconf can.
sub _processors () {
    my ($count) = qx(getconf _NPROCESSORS_ONLN 2>/dev/null) =~ /\A([1-9]\d*)/;
    return $count // 1;
}

sub _tls ($self) {
    my %tls = map { defined $self->{"broker_$_"} ? ($_ => $self->{"broker_$_"}) : () } qw(ca cert key);
    return undef if !%tls && !$self->{broker_tls};
    my %files = (ca => 'ca_file', cert => 'cert_file', key => 'key_file');
    return { map { $files{$_} => $tls{$_} } keys %tls };
}

1;

__END__

=encoding UTF-8

=head1 NAME

Plack::Handler::Msglite - PSGI applications behind the web proxy of msglite

=head1 SYNOPSIS

  plackup -s Msglite --broker unix:/tmp/msglite.socket --workers 8 -E deployment app.psgi

  # or
  use Plack::Handler::Msglite;
  Plack::Handler::Msglite->new(broker => 'unix:/tmp/msglite.socket', workers => 8)->run($app);

=head1 DESCRIPTION

Worker processes take web requests from a msglite broker, to which its HTTP proxy sends them, and answer them with a PSGI
application. A worker takes a request when it is free, one at a time; what comes meanwhile waits in the broker. Workers
may be on several machines, and be started, stopped and reloaded at will: no request is lost.

  web clients -> msglite's proxy -> broker -> this

=head1 OPTIONS

C<--max-requests 500> for C<plackup>, C<< max_requests => 500 >> in a program. What C<plackup> has for servers that listen
themselves (C<--host>, C<--port>, C<--listen>) means nothing here, and neither does C<--daemonize>. One that there is not is an
error. All but C<idle> are the same for the wrappers in Python and Ruby, where C<lease> is 30, because there it is extended.

=over

=item broker

Where the broker is, as L<Msglite::Client> takes it; several with commas between. If not given the environment's
C<MSGLITE_BROKER>, or C<unix:/tmp/msglite.socket>.

=item http_msg_address

The message address that requests are taken from, as the proxy's option of that name says; C<msglite.httpRequests> if not
given; several with commas between.

=item workers

Worker processes; as many as there are processors if not given.

=item max_requests

A worker is replaced after so many, and up to a tenth more by chance; 0, never, if not given.

=item token

For brokers that require one; if not given the environment's C<MSGLITE_TOKEN>, where other users do not see it.

=item broker_tls, broker_ca, broker_cert, broker_key

For brokers that speak TLS on TCP: C<--broker-tls 1>, or files in PEM. It needs L<IO::Socket::SSL>.

=item lease

Seconds for which a request is a worker's; 600 if not given. When a worker dies its request goes to another one at once, so
this only matters where the broker can't tell: a machine that is cut off, or an application that hangs. It is extended
with each piece of a body that is read or written. Nothing extends it while the application is silent; it must begin
its answer within C<--http-timeout> of the proxy anyway, 180 seconds if that is not given. If it may be silent for longer
than 600 seconds in the middle of an answer, ask for more here, or call C<keep> (below).

=item drain_timeout

Seconds that work in progress has when the workers are told to stop; then they are killed. 30 if not given.

=item boot_timeout

Seconds for loading the application; 60 if not given.

=item loglevel

C<minimal>: start, stop and trouble; that is the standard. C<info> and C<debug>: also answers that nobody waited for.

=item idle

Silence after which broker and worker take each other for dead; never if not given. It must be longer than the longest time
for which the application works.

=item pid

A file for the process id.

=back

=head1 SIGNALS

=over

=item HUP

Loads the application anew: calls this program again, with its arguments, in a process of its own, and when all workers of
that take requests, tells the old ones to stop when they are done with what they have. If it can't be loaded the old ones
go on, and why is in the log. For a moment there are twice as many workers, and both versions answer. All modules are
loaded anew, too. (Of C<perl -M...> options nothing is known. A program without a file, C<perl -e>, can't be called again:
then the workers are new, and the application is not.) C<plackup>'s C<-L Delayed> works, and loads the application in each
worker.

=item TERM, QUIT, INT

Takes no more requests, finishes those that are being worked on, and ends. A second one ends it at once.

=back

=head1 WHAT APPLICATIONS SEE

C<psgi.streaming>, C<psgi.multiprocess>, C<psgix.input.buffered>, C<psgix.harakiri> and C<psgix.cleanup> are true,
C<psgi.nonblocking> and C<psgi.multithread> are not.

=head2 Requests

Headers with C<_> in their names are left out, because in an environment they could pass for others: C<X_Admin> would be
C<X-Admin>. C<Proxy> is left out, because programs take C<HTTP_PROXY> for a setting of theirs. Repeated ones are joined with
a comma, C<Cookie> with a semicolon. C<SERVER_NAME> and C<SERVER_PORT> are those of the C<Host> header: a client chooses
them. Of C<X-Forwarded-For> and its like nothing is taken: whom to trust is the proxy's affair.

A body of more than 64 KiB comes in pieces, as they are read; C<psgi.input> can be read again after C<seek>, and keeps what is
longer than 256 KiB in a temporary file. A chunked body has been put together, and has a C<CONTENT_LENGTH>.

A request comes a second time if its worker died before it had begun to answer, if that is safe (GET, HEAD, PUT, ...).

=head2 Responses

A small one is one message. A stream leaves piece by piece, as it is written, no faster than the client takes it; its head
leaves with the first piece, so that an application that dies before still gives a 500. Content-Length is added where all
of the body is there at once. A body that the application has chunked itself (Mojolicious does) is taken out of its chunks.

If the application dies, the client gets a 500 without a word of why; that is in the log (standard error). If it had begun
to answer, the connection is broken off, so that the client can tell. The same where it writes less than its Content-Length.

=head2 The client goes away

Then C<write> of a stream dies with a L<Msglite::Error> of the code C<client-gone>, which need not be caught; a body that is a
file handle or an object is closed. One that works long before it answers can ask:

  my $request = $env->{'msglite.request'};

=over

=item $request->client_gone

Whether nobody waits any more. The first call costs a question to the broker.

=item $request->keep($seconds)

The lease ends so many seconds from now.

=item $request->attempt

1, or more if workers died on this request before.

=back

=head1 SEE ALSO

L<Msglite::Client>, L<Plack>, and the broker's documentation of its proxy.

=cut
