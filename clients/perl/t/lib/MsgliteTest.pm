package MsgliteTest;

use 5.026;
use warnings;

use Cwd ();
use Exporter 'import';
use File::Basename qw(dirname);
use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(fixtures broker free_port until_true);

# Of the repository.
our $ROOT = Cwd::abs_path(dirname(__FILE__) . '/../../../..');

# Strings have one character per byte.
sub fixtures {
    my ($file) = @_;
    open my $in, '<:raw', "$ROOT/test/fixtures/$file" or die "$file: $!";
    my $all = JSON::PP->new->utf8->decode(do { local $/; <$in> });
    my @fixtures = @{ $all->{fixtures} // $all->{cases} };
    utf8::downgrade($_->{bytes}) for grep { defined $_->{bytes} } @fixtures;
    return @fixtures;
}

# A broker in a process of its own, with a web proxy if its port is given.
sub broker {
    my (@options) = @_;
    return MsgliteTest::Broker->new(@options);
}

sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $@";
    return $socket->sockport;
}

# Waits for what no event tells of.
sub until_true {
    my ($what, $seconds) = @_;
    my $end = time + ($seconds // 20);
    until ($what->()) {
        die 'it did not become true' if time > $end;
        sleep 0.02;
    }
    return 1;
}

package MsgliteTest::Broker;

sub new {
    my ($class, %options) = @_;
    my $folder = File::Temp->newdir('msglite-XXXXXX', TMPDIR => 1);
    my $self = bless { folder => $folder, options => \%options, owner => $$ }, $class;
    $self->{socket} = "$folder/socket";
    $self->start;
    return $self;
}

sub start {
    my ($self) = @_;
    my $port    = $self->{options}{http};
    my @command = ($ENV{NODE} // 'node', "$ROOT/bin/msglite.js");
    push @command, 'up' if $self->{options}{up};
    push @command, '--address', $self->{socket}, @{ $self->{options}{arguments} // [] };
    push @command, '--journal', "$self->{folder}/journal.db", '--journal-sync', 'normal' if $self->{options}{journal};
    push @command, '--http-address', "127.0.0.1:$port" if $port;
    my $pid = fork // die "no process: $!";
    if (!$pid) {
        open STDERR, '>>', "$self->{folder}/log" or die $!;
        delete $ENV{NODE_V8_COVERAGE};
        exec @command or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    MsgliteTest::until_true(sub {
        die 'the broker ended: ', $self->log if waitpid $pid, POSIX::WNOHANG();
        return $self->is_up;
    });
    return;
}

# It listens on one after the other, so that all have to be asked.
sub is_up {
    my ($self) = @_;
    my @ports = map { /\Atcp:127\.0\.0\.1:(\d+)\z/ } @{ $self->{options}{arguments} // [] };
    for my $port (grep { defined } $self->{options}{http}, @ports) {
        return if !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 1);
    }
    require IO::Socket::UNIX;
    return IO::Socket::UNIX->new(Peer => $self->{socket}, Type => Socket::SOCK_STREAM());
}

sub address { return "unix:$_[0]{socket}" }

sub log {
    my ($self) = @_;
    open my $in, '<', "$self->{folder}/log" or return '';
    local $/;
    return scalar <$in>;
}

sub stop {
    my ($self, $signal) = @_;
    my $pid = delete $self->{pid} or return;
    kill $signal // 'TERM', $pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $!, $@);
    $self->stop('KILL') if !$self->{options}{up};
    $self->stop('TERM');
    return;
}

require POSIX;

1;
