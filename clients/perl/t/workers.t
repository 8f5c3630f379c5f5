# Worker processes: replaced, reloaded, stopped and killed while web clients wait.
use 5.026;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";

use File::Temp ();
use HTTP::Tiny ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use MsgliteTest qw(broker free_port until_true);
use MsgliteTest::Load;
use MsgliteTest::Server;

BEGIN {
    eval { require Plack::Runner; 1 } or plan skip_all => "no Plack: $@";
}

# Seconds for which workers are reloaded under load.
my $SECONDS = $ENV{RELOAD_SECONDS} // 5;

my $port   = free_port();
my $broker = broker(http => $port);
my $folder = File::Temp->newdir;
my $url    = "http://127.0.0.1:$port";
my $http   = HTTP::Tiny->new(timeout => 20);

# An application that knows how often it was written.
sub app {
    my ($version) = @_;
    open my $out, '>', "$folder/app.psgi" or die $!;
    print {$out} "my \$version = '$version'; my \$folder = '$folder';\n", <<'APP';
my $loaded = $$;
sub {
    my ($env) = @_;
    my $path = $env->{PATH_INFO};
    my $note = sub {
        my ($name, $text) = @_;
        open my $out, '>>', "$folder/$name" or die $!;
        print {$out} "$text\n";
        close $out;
    };
    if ($path eq '/slow' || $path eq '/die-first') {
        my $attempt = $env->{'msglite.request'}->attempt;
        $note->('started', $$);
        kill KILL => $$ if $path eq '/die-first' && $attempt == 1;
        sleep 1 if $path eq '/slow' && ($attempt == 1);
        return [ 200, [], ["$$ $attempt"] ];
    }
    if ($path eq '/stream') {
        return sub {
            my $writer = $_[0]->([ 200, [ 'Content-Type' => 'text/plain' ] ]);
            for my $n (1 .. 1000) {
                eval { $writer->write("$n\n"); 1 } or do { $note->('gone', ref $@ ? $@->code : $@); die $@ };
                $note->('written', $n);
                select undef, undef, undef, 0.02;
            }
            $writer->close;
        };
    }
    if ($path eq '/large') {
        return [ 200, [], [ map { 'x' x 100_000 } 1 .. 50 ] ];
    }
    if ($path eq '/half') {
        return sub {
            my $writer = $_[0]->([ 200, [] ]);
            $writer->write('half');
            kill KILL => $$;
        };
    }
    if ($path eq '/wait') {
        my $gone = 0;
        for (1 .. 200) {
            last if $gone = $env->{'msglite.request'}->client_gone;
            select undef, undef, undef, 0.02;
        }
        $note->('waited', $gone ? 'gone' : 'there');
        return [ 200, [], ['ok'] ];
    }
    if ($path eq '/harakiri') { $env->{'psgix.harakiri.commit'} = 1 }
    if ($path eq '/cleanup') { push @{ $env->{'psgix.cleanup.handlers'} }, sub { $note->('cleaned', $$) } }
    return [ 200, [ 'Content-Type' => 'text/plain' ], ["version $version of $loaded in $$"] ];
};
APP
    close $out or die $!;
    return "$folder/app.psgi";
}

sub notes {
    my ($name) = @_;
    open my $in, '<', "$folder/$name" or return;
    chomp(my @lines = <$in>);
    return @lines;
}

sub get { return $http->get("$url$_[0]")->{content} }

sub part { my ($text, $what) = @_; return $text =~ /\b$what (\S+)/ ? $1 : undef }

my $server = MsgliteTest::Server->new($broker, app('a'), '--workers', 2, '--pid', "$folder/pid");

subtest 'SIGHUP loads the application anew' => sub {
    my $before = get('/');
    is part($before, 'version'), 'a', 'the first';
    is +(notes('pid'))[0], $server->pid, 'the pid file';
    app('b');
    is part(get('/'), 'version'), 'a', 'not before it is told';
    $server->reload;

    # Those of the first still take what they had asked for already.
    my $after;
    until_true(sub { $after = get('/'); return part($after, 'version') eq 'b' });
    ok 1, 'the second';
    isnt part($after, 'of'), part($before, 'of'), 'loaded by another process';

    open my $out, '>', "$folder/app.psgi" or die $!;
    print {$out} 'this is no Perl {';
    close $out;
    $server->signal('HUP');
    $server->says(qr/the application did not start: the one before goes on/);
    is part(get('/'), 'version'), 'b', 'one that can not be loaded changes nothing';
    app('c');
    $server->reload;
    until_true(sub { part(get('/'), 'version') eq 'c' });
    ok 1, 'and then one that can';
};

subtest 'a worker that dies is replaced' => sub {
    my $pid = part(get('/'), 'in');
    kill KILL => $pid;
    my %seen;
    until_true(sub { $seen{ part(get('/'), 'in') }++; return 2 == grep { $_ != $pid } keys %seen });
    ok 1, 'by another';
    $pid = part(get('/harakiri'), 'in');
    %seen = ();
    until_true(sub { $seen{ part(get('/'), 'in') }++; return 2 == grep { $_ != $pid } keys %seen });
    ok !$seen{$pid}, 'and so is one that asked for it';
};

subtest 'a worker killed in the middle of a GET: another one answers' => sub {
    is +(split ' ', get('/die-first'))[1], 2, 'the request comes a second time';
    my $got = fork // die $!;
    if (!$got) { POSIX::_exit(get('/slow') =~ /\A(\d+) 2\z/ && $1 != (notes('started'))[-2] ? 0 : 1) }
    my $count = notes('started');
    until_true(sub { notes('started') > $count });
    kill KILL => (notes('started'))[-1];
    waitpid $got, 0;
    is $?, 0, 'also while it works';
    is $http->post("$url/die-first")->{status}, 502, 'but a POST is not done twice';
    my $half = $http->get("$url/half");
    is $half->{status}, 599, 'and half an answer is broken off';
};

subtest 'SIGTERM finishes work in progress' => sub {
    my $other = MsgliteTest::Server->new($broker, "$folder/app.psgi", '--workers', 1, '--http-msg-address', 'other');
    require Msglite::Client;
    my $client = Msglite::Client->connect($broker->address);
    my $count = notes('started');
    my $head = '{"v":2,"method":"GET","url":"/slow","protocol":"HTTP/1.1","headers":[],"scheme":"http","remoteAddr":"","cancelAddr":"reply:x"}';
    $client->send(other => "$head\n", reply_to => '~term~1');
    until_true(sub { notes('started') > $count });
    my $pid = (notes('started'))[-1];
    is $other->stop, 0, 'it ends';
    ok !kill(0, $pid), 'and its worker';
    like $client->ready('~term', timeout => 5)->body, qr/\n\d+ 1\z/, 'the answer was sent';
    $client->close;
};

subtest 'workers are replaced after so many requests' => sub {
    my $other = MsgliteTest::Server->new($broker, "$folder/app.psgi", '--workers', 1, '--max-requests', 3, '--http-msg-address', 'few');
    my $client = Msglite::Client->connect($broker->address);
    my %seen;
    for my $n (1 .. 9) {
        my $head = '{"v":2,"method":"GET","url":"/","protocol":"HTTP/1.1","headers":[],"scheme":"http","remoteAddr":"","cancelAddr":"reply:x"}';
        $client->send(few => "$head\n", reply_to => "~few~$n");
        $seen{ part($client->ready('~few', timeout => 10)->body, 'in') }++;
    }
    is_deeply [ values %seen ], [ 3, 3, 3 ], 'three each';
};

subtest 'a client that goes away' => sub {
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die $!;
    print {$socket} "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
    my $had = '';
    sysread $socket, $had, 1000, length $had until $had =~ /^3$/m;
    close $socket;
    until_true(sub { notes('gone') });
    is +(notes('gone'))[0], 'client-gone', 'the application is told when it writes';
    cmp_ok scalar(my @written = notes('written')), '<', 1000, 'and stops';
    $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die $!;
    print {$socket} "GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n";
    sleep 0.3;
    close $socket;
    until_true(sub { notes('waited') });
    is +(notes('waited'))[0], 'gone', 'or when it asks';
    is part(get('/'), 'version'), 'c', 'the workers go on';
};

subtest 'long answers and cleanup' => sub {
    is length get('/large'), 5_000_000, 'all of it';
    my $pid = part(get('/cleanup'), 'in');
    until_true(sub { notes('cleaned') });
    is +(notes('cleaned'))[0], $pid, 'cleaned up after the answer';
};

subtest "reloaded every 2 seconds for $SECONDS seconds under 64 connections" => sub {
    my ($next, $reloads) = (time + 0.5, 0);
    my ($good, @wrong) = MsgliteTest::Load->run(
        port => $port, clients => 64, seconds => $SECONDS, expected => qr/\Aversion c/,
        meanwhile => sub {
            return if time < $next;
            $next += 2;
            $reloads++;
            $server->signal('HUP');
        },
    );
    is_deeply \@wrong, [], 'no request failed';
    cmp_ok $good, '>', 100, "of $good";
    cmp_ok $reloads, '>=', 2, "$reloads reloads";
    diag "$good requests, $reloads reloads" if $ENV{RELOAD_SECONDS};
};

subtest 'the broker is killed while a worker works' => sub {
    my $other_port = free_port();
    my $kept  = broker(http => $other_port, up => 1, journal => 1);
    my $other = MsgliteTest::Server->new($kept, "$folder/app.psgi", '--workers', 2);
    my $count = notes('started');
    my $got   = fork // die $!;
    if (!$got) { POSIX::_exit($http->get("http://127.0.0.1:$other_port/slow")->{content} =~ /\A\d+ 1\z/ ? 0 : 1) }
    until_true(sub { notes('started') > $count });
    my ($pid) = $kept->log =~ /started process=broker pid=(\d+)/ or die $kept->log;
    kill KILL => $pid;
    waitpid $got, 0;
    is $?, 0, 'its answer goes to the next broker, and to the client';
    like $http->get("http://127.0.0.1:$other_port/")->{content}, qr/\Aversion/, 'and so does the next';
};

subtest 'options' => sub {
    require Plack::Loader;
    my $told = sub { return eval { Plack::Loader->load('Msglite', host => '', port => 5000, listen => [], @_); '' } // "$@" };
    is $told->(workers => 2, lease => 3), '', 'good ones';
    like $told->(wokers => 2), qr/\Abad-argument: there is no option wokers \(did you mean workers\?\)/, 'a misspelt one';
    like $told->(address => 2), qr/\Abad-argument: there is no option address at/, 'one that is like none';
    my $said = qx("$^X" -S plackup -I "$FindBin::Bin/../lib" -s Msglite --http-msg-adress=x "$folder/app.psgi" 2>&1);
    ok $?, 'plackup ends';
    like $said, qr/there is no option http_msg_adress \(did you mean http_msg_address\?\)/, 'with the same words';
};

subtest 'an application that is not loaded in time' => sub {
    open my $out, '>', "$folder/hangs.psgi" or die $!;
    print {$out} "sleep 100; sub { [ 200, [], [] ] }\n";
    close $out;
    my $pid = open(my $log, '-|') // die $!;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT or die $!;
        exec $^X, '-S', 'plackup', '-I', "$FindBin::Bin/../lib", '-E', 'deployment', '-s', 'Msglite', '-L', 'Delayed',
            '--broker', $broker->address, '--workers', 1, '--boot-timeout', 0.2, "$folder/hangs.psgi";
    }
    while (<$log>) { last if /the application did not start/ }
    pass 'its worker is ended';
    kill TERM => $pid;
    close $log;
    is $?, 0, 'and so can be the first process';
};

subtest 'a server without a broker ends when it is told' => sub {
    my $pid = open(my $log, '-|') // die $!;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT or die $!;
        exec $^X, '-S', 'plackup', '-I', "$FindBin::Bin/../lib", '-E', 'deployment', '-s', 'Msglite',
            '--broker', "unix:$folder/none", '--workers', 1, "$folder/app.psgi";
    }
    my $said = '';
    while (<$log>) { last if ($said = $_) =~ /waited for/ }
    like $said, qr{\Amsglite worker \d+: no broker at unix:$folder/none: .*; it is waited for$}, 'after it has said so';
    kill TERM => $pid;
    close $log;
    is $?, 0, 'well';
};

is $server->stop, 0, 'the server ends well';
ok !-e "$folder/pid", 'and its pid file is gone';

done_testing;
