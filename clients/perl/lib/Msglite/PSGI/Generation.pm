package Msglite::PSGI::Generation;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use IO::Select;
use POSIX ();
use Time::HiRes ();

use Msglite::Link;
use Msglite::PSGI::Worker;

use constant {
    LOOK  => 0.5,    # Seconds between looks at what signals tell.
    HASTE => 1,      # Seconds a worker must have lasted, to be replaced at once.
    LOADED => 'l',    # What is said when the application is loaded.
};

# The workers of one loading of the application: as many as there are to be, replaced when they end.
#
# app, or builder: makes one in each worker; settings; parent: a socket to who started us, who is told when all have
# loaded the application, and when all take requests.
# It ends when told to, when its parent has ended, or when a worker ends before it has taken requests for the first time.
sub new ($class, %parts) { return bless { %parts, workers => {}, ready => 0 }, $class }

sub run ($self) {
    local @SIG{qw(TERM QUIT)} = (sub { $self->{stopping} = 1 }) x 2;
    local @SIG{qw(INT HUP)}   = (sub { }) x 2;
    local $SIG{CHLD} = 'DEFAULT';
    $self->{select} = IO::Select->new($self->{parent});
    $self->{next}   = 0;
    until ($self->{stopping}) { last if $self->_turn }
    $self->_stop;
    return $self->{failed} ? 1 : 0;
}

sub _fill ($self) {
    return if Msglite::Link::now() < $self->{next};
    $self->_start while keys %{ $self->{workers} } < $self->{settings}{workers};
    return;
}

# True: it is over.
sub _turn ($self) {
    $self->_fill;
    for my $socket ($self->{select}->can_read(LOOK)) {
        my $count = sysread $socket, my $told, 1;
        if ($socket == $self->{parent}) { return 1 if defined $count && !$count }
        elsif ($count)                  { $told eq LOADED ? $self->_loaded : $self->_ready($socket) }
        else                            { $self->{select}->remove($socket) }
    }
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) { $self->_ended($pid, $?) }
    return $self->{failed};
}

sub _start ($self) {
    pipe my $read, my $write or die "no pipe: $!";
    my $pid = fork // die "no process: $!";
    if (!$pid) {
        close $read;
        close $self->{parent};
        my $code = eval { $self->_work($write); 0 } // do { print STDERR "msglite worker $$: $@"; 1 };
        exit $code;
    }
    close $write;
    $self->{select}->add($read);
    $self->{workers}{$pid} = { since => Msglite::Link::now(), pipe => $read };
    return;
}

sub _work ($self, $pipe) {
    srand;
    my $settings = $self->{settings};
    local $0 = "msglite worker @{ $settings->{address} }";
    my $app = $self->{app};

    # While it is loaded there is no work in progress.
    local $SIG{TERM} = 'DEFAULT';
    $app = $self->{builder}->() if $self->{builder};
    syswrite $pipe, LOADED;
    my $worker = Msglite::PSGI::Worker->new(
        app      => $app,
        settings => $settings,
        ready    => sub { syswrite $pipe, '.' },
    );
    $worker->run;
    return;
}

sub _loaded ($self) {
    syswrite $self->{parent}, LOADED if ++$self->{loaded} == $self->{settings}{workers};
    return;
}

sub _ready ($self, $pipe) {
    $_->{ready} = 1 for grep { $_->{pipe} == $pipe } values %{ $self->{workers} };
    return if $self->{told} || ++$self->{ready} < $self->{settings}{workers};
    $self->{told} = 1;
    syswrite $self->{parent}, '.';
    return;
}

sub _ended ($self, $pid, $status) {
    my $worker = delete $self->{workers}{$pid} or return;
    $self->{select}->remove($worker->{pipe});
    return if !$status;
    my $how = $status & 127 ? 'by signal ' . ($status & 127) : 'with code ' . ($status >> 8);
    print STDERR "msglite: worker $pid ended $how\n";
    $self->{failed} = 1 if !$self->{told} && !$worker->{ready};
    $self->{next} = Msglite::Link::now() + HASTE if Msglite::Link::now() - $worker->{since} < HASTE;
    return;
}

# Lets them finish what they work on; those that take too long are killed.
sub _stop ($self) {
    my $due = Msglite::Link::now() + $self->{settings}{drain_timeout};
    my $at  = 0;
    while (my @pids = keys %{ $self->{workers} }) {
        my $now = Msglite::Link::now();
        if ($now >= $at) {
            kill $now >= $due ? 'KILL' : 'TERM', @pids;
            $at = $now + 1;
        }
        while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) { delete $self->{workers}{$pid} }
        Time::HiRes::sleep(0.02) if %{ $self->{workers} };
    }
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Generation - the worker processes of one loading of an application

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>.

=cut
