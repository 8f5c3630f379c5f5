# Applications of web frameworks, served the same as by the framework's own server.
use 5.026;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";

use HTTP::Tiny ();
use IO::Socket::INET;
use POSIX ();

use MsgliteTest qw(broker free_port until_true);
use MsgliteTest::Server;

my $port   = free_port();
my $broker = broker(http => $port);

# Runs a command that listens on a port, until what is returned is let go of.
sub listening {
    my ($port, @command) = @_;
    my $pid = fork // die "no process: $!";
    if (!$pid) {
        open STDERR, '>', '/dev/null' or die $!;
        open STDOUT, '>', '/dev/null' or die $!;
        exec @command or POSIX::_exit(127);
    }
    my $process = Process->new($pid);
    until_true(sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) });
    return $process;
}

my $boundary = 'xyz';
my $file     = join '', map { chr } map { $_ % 256 } 1 .. 200_000;
my $upload   = join "\r\n",
    "--$boundary", 'Content-Disposition: form-data; name="note"', '', "d\xc3\xa9j\xc3\xa0",
    "--$boundary", 'Content-Disposition: form-data; name="file"; filename="a b.bin"', 'Content-Type: image/x', '', $file,
    "--$boundary--", '';

my @REQUESTS = (
    [ 'a page', GET => '/' ],
    [ 'a query', GET => '/?name=caf%C3%A9' ],
    [ 'HEAD', HEAD => '/' ],
    [ 'a form', POST => '/form', 'a=1&b=2&a=%C3%A9+x', 'application/x-www-form-urlencoded' ],
    [ 'an upload', POST => '/upload', $upload, "multipart/form-data; boundary=$boundary" ],
    [ 'a small upload', POST => '/upload', $upload =~ s/\Q$file/tiny/r, "multipart/form-data; boundary=$boundary" ],
    [ 'a cookie is set', GET => '/login' ],
    [ 'and comes back', GET => '/me' ],
    [ 'a stream', GET => '/stream' ],
    [ 'a large page', GET => '/large' ],
    [ 'an error page', GET => '/fail' ],
    [ 'nothing there', GET => '/nowhere' ],
    [ 'the wrong method', POST => '/', '', 'text/plain' ],
);

# All answers, without what is the server's own.
sub answers {
    my ($port) = @_;
    my $http = HTTP::Tiny->new(max_redirect => 0, timeout => 20);
    my ($cookie, %answers);
    for my $request (@REQUESTS) {
        my ($name, $method, $path, $body, $type) = @$request;
        my %headers = ($cookie ? (Cookie => $cookie) : (), $type ? ('Content-Type' => $type) : ());
        my $answer = $http->request($method, "http://127.0.0.1:$port$path", { headers => \%headers, content => $body // '' });
        my %told = %{ $answer->{headers} };
        delete @told{qw(date connection transfer-encoding content-length server keep-alive)};
        if (my $set = delete $told{'set-cookie'}) {
            my @set = ref $set ? @$set : $set;
            $cookie //= join '; ', map { /\A([^;]+)/ } @set;
            # A session's cookie has a time in it.
            $told{'set-cookie'} = [ sort map { s/expires=[^;]+/expires/ir =~ s/\A(\w+(?:\.\w+)?)=[^;]*\K//r =~ s/\A(mojolicious|dancer\.session)=[^;]*/$1/r } @set ];
        }
        s/127\.0\.0\.1:\d+/host/g, s/Request ID: \S+/Request ID/ for grep { defined } values %told, $answer->{content};
        $answers{$name} = [ @$answer{qw(status content)}, \%told ];
    }
    return \%answers;
}

sub same {
    my ($file, @own) = @_;
    my $own_port = free_port();
    my $expected = do { my $own = listening($own_port, map { s/PORT/$own_port/r } @own); answers($own_port) };
    my $server   = MsgliteTest::Server->new($broker, $file, '--workers', 2);
    my $got      = answers($port);
    for my $request (@REQUESTS) {
        my ($name) = @$request;
        my ($one, $other) = ($got->{$name}, $expected->{$name});
        is $one->[0], $other->[0], "$name: status";
        ok +($one->[1] // '') eq ($other->[1] // ''), "$name: body" or diag substr($one->[1], 0, 500), "\n--\n", substr $other->[1], 0, 500;
        is_deeply $one->[2], $other->[2], "$name: headers";
        unlike $one->[1] // '', qr/secret/, "$name: keeps what is not for others";
    }
    is $expected->{'a page'}[1], 'Hello, world!', 'the application answered';
    is $expected->{'a stream'}[1], join('', map { "part $_\n" } 1 .. 5), 'also in pieces';
    like $expected->{'an upload'}[1], qr/\b200000\b/, 'and with the file';
    return;
}

subtest 'Mojolicious' => sub {
    plan skip_all => 'no Mojolicious' if !eval { require Mojolicious; require Plack; 1 };
    my $app = "$FindBin::Bin/apps/mojo.pl";
    same($app, $^X, $app, 'daemon', '-m', 'production', '-l', 'http://127.0.0.1:PORT');
};

subtest 'Dancer2' => sub {
    plan skip_all => 'no Dancer2' if !eval { require Dancer2; require Plack; 1 };
    my $app = "$FindBin::Bin/apps/dancer.psgi";
    same($app, $^X, '-S', 'plackup', '-E', 'deployment', '-s', 'HTTP::Server::PSGI', '-o', '127.0.0.1', '-p', 'PORT', $app);
};

done_testing;

package Process;

sub new { my ($class, $pid) = @_; return bless { pid => $pid, owner => $$ }, $class }

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local ($?, $@, $!);
    kill TERM => $self->{pid};
    waitpid $self->{pid}, 0;
}
