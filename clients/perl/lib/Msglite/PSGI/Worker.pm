package Msglite::PSGI::Worker;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Client;
use Msglite::PSGI::Environment qw(environment);
use Msglite::PSGI::Head qw(parse_request);
use Msglite::PSGI::Input qw(body_of);
use Msglite::PSGI::Pieces;
use Msglite::PSGI::Reply;
use Msglite::PSGI::Responder qw(respond);

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

        on_retry => sub ($event) {
            $self->_log($event->{reason}->message . '; it is waited for') if !$self->{link} && !$self->{waited}++;
        },
    );
    @SIG{qw(TERM QUIT)} = (sub { $self->{stopping} = 1 }) x 2;
    my $link = $self->{link} = $client->link;
    $self->{client} = $client;
    $link->be_patient if $settings->{lease} >= PATIENT;
    my ($delivery, @refused);
    my $receive = $self->{receive} = $link->receive(
        { addresses => $settings->{address}, timeout => undef, count => 1, lease => $settings->{lease} },
        sub ($came) { $delivery = $came },
        sub (@why) { @refused = @why },
    );
    $link->flush(sub (@) { $self->{ready}->() });
    while ($delivery || $receive->{state} ne 'over') {
        if (my $request = $delivery) {
            undef $delivery;
            $self->_serve($request);
            next;
        }
        $link->step(LOOK);
        next if $delivery;
        die "no requests can be taken: @refused\n" if @refused;
        $self->{stopping} = 1 if getppid != $self->{parent};
        $link->withdraw($receive) if $self->{stopping};
    }
    $client->close;
    return;
}

sub _serve ($self, $delivery) {
    my $head = eval { parse_request(delete $delivery->{body}) };
    if (!$head) {
        $self->_log("a message that is no web request: $@");
        $self->_finish($delivery, 1);
        return;
    }
    my $reply = Msglite::PSGI::Reply->new(@$self{qw(client link)}, $delivery, $head);
    my $env;
    my $ended = eval {
        $env = environment($head, $reply);
        $env->{'psgi.input'} = defined $head->{bodyAddr} ? $self->_pieces($head, $env, $reply) : body_of($head->{body});
        respond($reply, $self->{app}->($env));
        1;
    } || $self->_trouble($reply, $head, $@);
    my $gone = $reply->leave;
    $self->_finish($delivery, $ended, $env);
    $self->_log("$head->{method} $head->{url}: the response was not taken: $gone")
        if $gone && ($self->{settings}{loglevel} ne 'minimal' || $gone !~ /\A(?:the proxy|expired|no-such-delivery)/);
    if (my $pieces = delete $self->{pieces}) { $pieces->end }
    $self->_clean_up($env) if $env && @{ $env->{'psgix.cleanup.handlers'} // [] };
    return;
}

# When the response is on its way.
sub _clean_up ($self, $env) {
    $self->{link}->step(0);
    for my $handler (@{ $env->{'psgix.cleanup.handlers'} }) {
        eval { $handler->($env); 1 } or $self->_log("a cleanup handler failed: $@");
    }
    return;
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
sub _finish ($self, $delivery, $ended, $env = undef) {
    my $link = $self->{link};
    if ($ended) { $link->done($delivery) }
    else        { $link->give_back($delivery) }
    $self->{stopping} = 1 if --$self->{left} <= 0 || $env && $env->{'psgix.harakiri.commit'};
    $link->renew($self->{receive}) if !$self->{stopping};
    return;
}

# A body that comes apart from its head.
sub _pieces ($self, $head, $env, $reply) {
    my $single = !$head->{v};

    # Envelope 1: an empty message that nobody needs, and that may be gone already.
    return body_of('') if $single && !$env->{CONTENT_LENGTH};
    my $pieces = $self->{pieces}
        = Msglite::PSGI::Pieces->new(link => $self->{link}, address => $head->{bodyAddr}, reply => $reply, single => $single);
    my $input = Msglite::PSGI::Input->in_pieces(sub { $pieces->next });

    # Many applications read nothing unless they are told a length.
    $env->{CONTENT_LENGTH} //= tied(*$input)->fetch_all;
    return $input;
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
