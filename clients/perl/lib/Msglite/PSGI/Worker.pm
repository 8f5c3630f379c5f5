package Msglite::PSGI::Worker;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Client;
use Msglite::PSGI::Environment qw(environment);
use Msglite::PSGI::Head qw(parse_request);
use Msglite::PSGI::Input;
use Msglite::PSGI::Pieces;
use Msglite::PSGI::Reply;
use Msglite::PSGI::Responder;

use constant {
    LOOK    => 1,     # Seconds between looks at what signals and the parent tell.
    PATIENT => 30,    # Seconds of a lease from which it does not matter if it is extended a second late.
};

# app, settings (as Msglite::PSGI::Settings has them), ready: called when it takes requests.
sub new ($class, %parts) {
    my $max = $parts{settings}{max_requests};
    return bless { %parts, left => $max ? $max + int rand int($max / 10) + 1 : 'inf', parent => getppid }, $class;
}

# Takes requests until it is told to stop, or has had as many as it may. One at a time.
sub run ($self) {
    my $settings = $self->{settings};

    # While there is no broker there is no work in progress.
    local @SIG{qw(TERM QUIT)} = (sub { exit 0 }) x 2;
    local @SIG{qw(INT HUP)}   = (sub { }) x 2;
    my $client = Msglite::Client->connect(
        $settings->{broker},
        wait  => 1,
        token => $settings->{token},
        tls   => $settings->{tls},
        idle  => $settings->{idle},
        name  => 'psgi',
    );
    @SIG{qw(TERM QUIT)} = (sub { $self->{stopping} = 1 }) x 2;
    my $link = $self->{link} = $client->link;
    $self->{client} = $client;
    $link->be_patient if $settings->{lease} >= PATIENT;
    $self->_ask;
    $link->flush(sub (@) { $self->{ready}->() });
    while ($self->{asked} || $self->{request}) {
        my $delivery = delete $self->{request};
        if ($delivery) { $self->_serve($delivery); next }
        $link->step(LOOK);
        next if $self->{request};
        $self->{stopping} = 1 if getppid != $self->{parent};
        $link->withdraw($self->{asked}) if $self->{stopping} && $self->{asked};
        $self->_failed($self->{refused}) if $self->{refused};
    }
    $client->close;
    return;
}

sub _failed ($self, $why) { die "no requests can be taken: $why\n" }

sub _ask ($self) {
    my $settings = $self->{settings};
    $self->{wanted} //= { addresses => $settings->{address}, timeout => undef, count => 1, lease => $settings->{lease} };
    $self->{asked} = $self->{link}->receive(
        $self->{wanted},
        sub ($delivery) { $self->{request} = $delivery },
        sub (@why) { delete $self->{asked}; $self->{refused} = "@why" if @why },
    );
    return;
}

sub _serve ($self, $delivery) {
    my $link  = $self->{link};
    my $frame = $delivery->{frame};
    my ($head, $body) = eval { $self->_open($frame->{body}) };
    if (!$head) {
        $self->_log("a message that is no web request: $@");
        $self->_finish($delivery, undef, undef);
        return;
    }
    my $reply = Msglite::PSGI::Reply->new(
        link     => $link,
        delivery => $delivery,
        to       => $frame->{reply_to},
        method   => $head->{method},
        cancel   => $head->{cancelAddr},
        client   => $self->{client},
    );
    my ($env, $pieces);
    my $done = eval {
        $env = $self->_environment($head, $body, $reply, \$pieces);
        Msglite::PSGI::Responder->respond($reply, $self->{app}->($env));
        1;
    };
    my $error = $@;
    my $ended = $done || $self->_trouble($reply, $head, $error);
    $reply->leave;
    $self->_finish($delivery, $env, $ended);
    $self->_log("$head->{method} $head->{url}: the response was not taken: " . $reply->is_gone)
        if $reply->is_gone && ($self->{settings}{loglevel} ne 'minimal' || $reply->is_gone !~ /\A(?:the proxy|expired|no-such-delivery)/);
    $pieces->end if $pieces;
    $self->_clean_up($env) if $env && $env->{'psgix.cleanup.handlers'};
    return;
}

# When the response is on its way.
sub _clean_up ($self, $env) {
    my @handlers = @{ $env->{'psgix.cleanup.handlers'} } or return;
    $self->{link}->step(0);
    for my $handler (@handlers) { eval { $handler->($env); 1 } or $self->_log("a cleanup handler failed: $@") }
    return;
}

sub _open ($self, $bytes) {
    my $end = index $bytes, "\n";
    return (parse_request($bytes), '') if $end < 0;
    return (parse_request(substr $bytes, 0, $end), substr $bytes, $end + 1);
}

# What the application did wrong: 500, and the trace in the log only. If something was sent already, the request is given
# back: then the proxy breaks off the connection. True: the request is done with.
sub _trouble ($self, $reply, $head, $error) {
    return 1 if $reply->is_gone && ref $error && ref $error eq 'Msglite::Error';
    chomp $error if !ref $error;
    $self->_log("$head->{method} $head->{url}: $error");
    return 1 if $reply->is_over;
    return 0 if $reply->is_begun;
    return eval { $reply->fail; 1 };
}

# The reply was sent; then the request is done, and the next one may come: all leaves together.
sub _finish ($self, $delivery, $env, $ended) {
    my $link = $self->{link};
    if (defined $ended && !$ended) { $link->give_back($delivery) }
    else                           { $link->done($delivery) }
    $self->{stopping} = 1 if --$self->{left} <= 0 || $env && $env->{'psgix.harakiri.commit'};
    $self->_ask if !$self->{stopping};
    return;
}

# What is the same for all requests.
my %STANDARD = (
    'psgi.version'         => [ 1, 1 ],
    'psgi.multithread'     => !!0,
    'psgi.multiprocess'    => !!1,
    'psgi.run_once'        => !!0,
    'psgi.nonblocking'     => !!0,
    'psgi.streaming'       => !!1,
    'psgix.input.buffered' => !!1,
    'psgix.harakiri'       => !!1,
    'psgix.cleanup'        => !!1,
);

sub _environment ($self, $head, $body, $reply, $pieces) {
    my $env     = environment($head);
    my $address = $head->{bodyAddr};
    my $input;
    if (!defined $address) { $input = Msglite::PSGI::Input->of_bytes($body) }
    elsif (!$head->{v} && !$env->{CONTENT_LENGTH}) {

        # Envelope 1: an empty message that nobody needs, and that may be gone already.
        $input = Msglite::PSGI::Input->of_bytes('');
    }
    else {
        $$pieces = Msglite::PSGI::Pieces->new(link => $self->{link}, address => $address, reply => $reply, single => !$head->{v});
        $input   = Msglite::PSGI::Input->in_pieces(sub { $$pieces->next });

        # Many applications read nothing unless they are told a length.
        $env->{CONTENT_LENGTH} //= tied(*$input)->fetch_all;
    }
    @$env{ keys %STANDARD } = values %STANDARD;
    $env->{'psgi.url_scheme'}        = $head->{scheme} // 'http';
    $env->{'psgi.input'}             = $input;
    $env->{'psgi.errors'}            = *STDERR;
    $env->{'psgix.cleanup.handlers'} = [];
    $env->{'msglite.request'}        = $reply;
    return $env;
}

sub _log ($self, $text) {
    print STDERR "msglite worker $$: $text\n";
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Worker - a process that answers web requests, one at a time

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>. A request is taken under a lease, and done when its response was sent: so another
worker gets it if this one dies.

=cut
