package Msglite::PSGI::Master;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Cwd ();
use Fcntl qw(F_SETFD);
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(AF_UNIX PF_UNSPEC SOCK_STREAM);

use Msglite::Link;
use Msglite::PSGI::Generation;

use constant {
    LOOK     => 0.5,                     # Seconds between looks at what signals tell.
    AGAIN    => 1,                       # Seconds before what ended at once is started again.
    HANDOVER => 'MSGLITE_GENERATION',    # Tells a program that it is to be a generation, and on which file descriptor.
};

# How this program was called: it is called so again to load the application anew.
my ($PROGRAM, @ARGUMENTS, $FOLDER);

sub remember_call ($class) {
    ($PROGRAM, @ARGUMENTS) = ($0, @ARGV);
    $FOLDER = Cwd::getcwd();
    return;
}

# The first process: it takes no requests, but keeps one generation of workers, and on SIGHUP starts the next. That takes over
# when all of its workers take requests; one that fails changes nothing.
#
# app, builder: as a generation has them; settings.
sub new ($class, %parts) { return bless { %parts, generations => {} }, $class }

sub run ($self) {
    if (defined(my $descriptor = delete $ENV{ +HANDOVER })) { exit $self->_be_generation($descriptor) }
    local @SIG{qw(TERM QUIT INT)} = (sub { $self->{stopping}++ }) x 3;
    local $SIG{HUP}  = sub { $self->{reload} = 1 };
    local $SIG{CHLD} = 'DEFAULT';
    $self->_write_pid;
    $self->{select} = IO::Select->new;
    $self->_start(sub ($parent) { exit $self->_generation($parent)->run });
    $self->_turn until $self->{stopping};
    $self->_stop;
    unlink $self->{settings}{pid} if defined $self->{settings}{pid};
    return;
}

sub _write_pid ($self) {
    my $file = $self->{settings}{pid} // return;
    open my $out, '>', $file or die "$file can not be written: $!\n";
    print {$out} "$$\n";
    close $out or die "$file can not be written: $!\n";
    return;
}

sub _turn ($self) {
    for my $socket ($self->{select}->can_read(LOOK)) {
        my ($generation) = grep { $_->{socket} == $socket } values %{ $self->{generations} };
        my $count = sysread $socket, my $told, 1;
        if    ($count && $told eq Msglite::PSGI::Generation::LOADED) { delete $generation->{late} }
        elsif ($count)                                              { $self->_takes_over($generation) }
        elsif (defined $count) { $self->{select}->remove($socket) }
    }
    while ((my $pid = waitpid -1, POSIX::WNOHANG()) > 0) { $self->_ended($pid, $?) }
    return $self->_hasten if $self->{starting};
    return if $self->{next} && Msglite::Link::now() < $self->{next};
    if (delete $self->{reload}) { $self->_start(sub ($parent) { $self->_call_again($parent) }) }
    elsif (!$self->{current})   { $self->_start(sub ($parent) { $self->_again($parent) }) }
    return;
}

# In a process of its own, on one end of a socket: the other one tells of its end.
sub _start ($self, $work) {
    socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "no socket pair: $!";
    my $pid = fork // die "no process: $!";
    if (!$pid) {
        close $ours;
        close $_->{socket} for values %{ $self->{generations} };
        eval { $work->($theirs); 1 } or print STDERR "msglite: $@";
        POSIX::_exit(1);
    }
    close $theirs;
    $self->{select}->add($ours);
    $self->{generations}{$pid} = { pid => $pid, socket => $ours, late => Msglite::Link::now() + $self->{settings}{boot_timeout} };
    $self->{starting} = $pid;
    return;
}

sub _hasten ($self) {
    my $starting = $self->{generations}{ $self->{starting} };
    my $late     = $starting->{late} // return;
    return if Msglite::Link::now() < $late;
    print STDERR "msglite: the application was not loaded in time\n";
    delete $starting->{late};
    kill TERM => $starting->{pid};
    return;
}

sub _generation ($self, $parent) {
    return Msglite::PSGI::Generation->new(
        app      => $self->{app},
        builder  => $self->{builder},
        settings => $self->{settings},
        parent   => $parent,
    );
}

sub _again ($self, $parent) {
    return $self->_call_again($parent) if $self->{reloaded};
    exit $self->_generation($parent)->run;
}

# Calls the program once more, which loads the application and comes back here, as a generation.
sub _call_again ($self, $parent) {
    if (!defined $PROGRAM || !-f $PROGRAM && !-f "$FOLDER/$PROGRAM") {
        print STDERR "msglite: the program can not be called again: the workers are new, the application is not\n";
        exit $self->_generation($parent)->run;
    }
    chdir $FOLDER or die "$FOLDER: $!\n";
    fcntl $parent, F_SETFD, 0 or die "a file descriptor can not be handed on: $!\n";
    local $ENV{ +HANDOVER } = fileno $parent;
    my @folders = map { "-I$_" } grep { !ref } @INC;
    exec { $^X } $^X, @folders, $PROGRAM, @ARGUMENTS or die "$^X: $!\n";
}

sub _be_generation ($self, $descriptor) {
    my $parent = IO::Socket::UNIX->new_from_fd($descriptor, 'r+') or die "no socket to the first process: $!\n";
    fcntl $parent, F_SETFD, Fcntl::FD_CLOEXEC();
    return $self->_generation($parent)->run;
}

sub _takes_over ($self, $generation) {
    my $settings = $self->{settings};
    my $before   = $self->{current};
    $self->{current} = $generation->{pid};
    $self->{reloaded} = 1 if $before;
    delete $self->{starting};
    kill TERM => $before if $before;
    print STDERR "msglite: $settings->{workers} workers take requests from @{ $settings->{address} } at $settings->{broker_text}\n";
    return;
}

sub _ended ($self, $pid, $status) {
    my $generation = delete $self->{generations}{$pid} or return;
    $self->{select}->remove($generation->{socket});
    my $now = Msglite::Link::now();
    if (($self->{starting} // 0) == $pid) {
        delete $self->{starting};
        $self->{next} = $now + AGAIN;
        print STDERR 'msglite: the application did not start', $self->{current} ? ': the one before goes on' : '', "\n";
    }
    if (($self->{current} // 0) == $pid) {
        delete $self->{current};
        $self->{next} = $now + AGAIN;
        print STDERR "msglite: all workers have ended: starting them again\n";
    }
    return;
}

# A second signal is less patient.
sub _stop ($self) {
    my $told = 0;
    while (my @pids = keys %{ $self->{generations} }) {
        if ($told < $self->{stopping}) {
            kill $self->{stopping} > 1 ? 'KILL' : 'TERM', @pids;
            $told = $self->{stopping};
        }
        my $pid = waitpid -1, 0;
        delete $self->{generations}{$pid} if $pid > 0;
    }
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Master - keeps the workers of an application, and loads it anew

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>.

=cut
