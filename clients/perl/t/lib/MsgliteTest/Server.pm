package MsgliteTest::Server;

# plackup -s Msglite, in a process of its own.

use 5.026;
use warnings;

use File::Temp ();
use POSIX ();
use Time::HiRes qw(sleep);

use MsgliteTest qw(until_true);

sub new {
    my ($class, $broker, $file, @options) = @_;
    my $log  = File::Temp->new;
    my $self = bless { log => $log, owner => $$ }, $class;
    my @command = (
        $^X, '-S', 'plackup', '-I', "$MsgliteTest::ROOT/clients/perl/lib", '-E', 'deployment',
        '-s', 'Msglite', '--broker', $broker->address, @options, $file,
    );
    my $pid = fork // die "no process: $!";
    if (!$pid) {
        open STDERR, '>>', "$log" or die $!;
        exec @command or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    $self->says(qr/take requests/);
    return $self;
}

sub pid { return $_[0]{pid} }

sub log {
    my ($self) = @_;
    open my $in, '<', "$self->{log}" or return '';
    local $/;
    return scalar <$in>;
}

# Waits until it was said so often.
sub says {
    my ($self, $what, $times) = @_;
    until_true(sub {
        die 'it ended: ', $self->log if $self->{pid} && waitpid $self->{pid}, POSIX::WNOHANG();
        return (() = $self->log =~ /$what/g) >= ($times // 1);
    });
    return;
}

sub signal {
    my ($self, $signal) = @_;
    kill $signal => $self->{pid};
    return;
}

# Loads the application anew, and waits for that.
sub reload {
    my ($self) = @_;
    my $times = () = $self->log =~ /take requests/g;
    $self->signal('HUP');
    $self->says(qr/take requests/, $times + 1);
    return;
}

sub wait {
    my ($self) = @_;
    waitpid delete $self->{pid}, 0;
    return $?;
}

sub stop {
    my ($self) = @_;
    return if !$self->{pid};
    $self->signal('TERM');
    return $self->wait;
}

sub DESTROY { local ($?, $@, $!); $_[0]->stop if $_[0]{owner} == $$ }

1;
