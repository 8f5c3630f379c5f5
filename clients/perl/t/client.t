# The client, with a real broker that is killed and started again at will.
use 5.026;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";

use File::Temp ();
use POSIX ();
use Time::HiRes qw(time);

use Msglite::Client;
use MsgliteTest qw(broker until_true);

sub code_of(&) {
    my ($call) = @_;
    return eval { $call->(); 1 } ? 'nothing' : ref $@ ? $@->code : "no error of ours: $@";
}

# Runs in a process of its own, and returns its id.
sub aside(&) {
    my ($work) = @_;
    my $pid = fork // die "no process: $!";
    return $pid if $pid;
    my $fine = eval { $work->(); 1 } or warn $@;
    POSIX::_exit($fine ? 0 : 1);
}

my $broker = broker();
my $client = Msglite::Client->connect($broker->address, name => 'test');

subtest 'sends, and is ready' => sub {
    is_deeply $client->send(jobs => 'hello'), { duplicate => 0 }, 'a receipt';
    my $message = $client->ready('jobs', timeout => 5);
    is $message->body,     'hello', 'body';
    is $message->to,       'jobs', 'address';
    is $message->timeout,  60, 'timeout';
    is $message->attempt,  1, 'attempt';
    is $message->reply_to, undef, 'no reply address';
    like $message->id, qr/\Atest-/, 'an id of its own';
    is $client->ready('jobs', timeout => 0), undef, 'nothing more';
    is $client->ready([ 'jobs', 'others' ], timeout => 0.05), undef, 'nothing in time';

    my $bytes = join '', map { chr } 0 .. 255;
    $client->send(others => $bytes, reply_to => 'back', timeout => 1.5, id => 'a=b');
    $message = $client->ready([ 'jobs', 'others' ]);
    is $message->body, $bytes, 'all bytes';
    is_deeply [ map { $message->$_ } qw(to reply_to timeout id) ], [ 'others', 'back', 1.5, 'a=b' ], 'all it was sent with';
    $message->reply('yes');
    is $client->ready('back')->body, 'yes', 'a reply';
    is_deeply $client->send(others => $bytes, reply_to => 'back', timeout => 1.5, id => 'a=b'), { duplicate => 1 }, 'sent twice';
    is code_of { $client->send(others => 'x', id => 'a=b') }, 'id-conflict', 'another with its id';
    $client->send(text => "\xc3\xa9");
    is $client->ready('text')->text, "\xe9", 'as text';
};

subtest 'options of a send' => sub {
    $client->send(late => 'x', delay => 0.2);
    is $client->ready('late', timeout => 0), undef, 'delayed';
    ok $client->ready('late', timeout => 5), 'and then there';
    $client->send(twice => 'x', attempts => 1, dead => 'lost');
    $client->receive('twice')->next->give_back;
    is $client->ready('lost')->sent_to, 'twice', 'a dead letter';
    $client->send(twice => 'x', attempts => 1, dead => undef);
    $client->receive('twice')->next->give_back;
    $client->flush;
    is $client->ready('dead:twice', timeout => 0), undef, 'none';
    my $asker = '~asker';
    $client->send(once => 'x', once => 1, reply_to => "$asker~1");
    my $message = $client->receive('once')->next;
    $message->reply('half of it');
    $message->give_back;
    ok $client->ready('dead:once', timeout => 5), 'once answered, not delivered again';
    ok $client->ready($asker), 'the answer';
    my ($receipt, $worker);
    $client->send(slow => 'x', receipt => 'done', on_receipt => sub { $receipt = $_[0] // $_[1] });
    my $slow = $client->receive('slow')->next;
    $client->flush;
    is $receipt, undef, 'no receipt while it is leased';
    $slow->done;
    $client->flush;
    is_deeply $receipt, { duplicate => 0 }, 'once it is done';
    is code_of { $client->send(nobody => 'x', receipt => 'done', timeout => 0.05) }, 'expired', 'expired';
};

subtest 'what can not be said' => sub {
    is code_of { $client->send('a b' => 'x') }, 'bad-argument', 'an address with a blank';
    is code_of { $client->send('a=b' => 'x') }, 'bad-argument', 'one with =';
    is code_of { $client->send('-' => 'x') }, 'bad-argument', '-';
    is code_of { $client->send(a => "\x{263a}") }, 'bad-argument', 'a body of characters';
    is code_of { $client->send(a => 'x', timeout => -1) }, 'bad-argument', 'a timeout';
    is code_of { $client->send(a => 'x', ttl => 1) }, 'bad-argument', 'an option that is none';
    is code_of { $client->ready([ 'a' .. 'i' ]) }, 'bad-argument', 'nine addresses';
    is code_of { $client->send('dead:a' => 'x') }, 'bad-address', 'refused by the broker';
    is code_of { $client->ready('~box~1') }, 'bad-address', 'a label to wait on';
    is code_of { Msglite::Client->connect('somewhere') }, 'bad-argument', 'no address of a broker';
    is code_of { Msglite::Client->connect('unix:/nowhere/at/all') }, 'unreachable', 'nobody there';
    eval { $client->send('a b' => 'x') };
    like "$@", qr/\Abad-argument: 'a b' is no address.* at \S+client\.t line \d+\.\n\z/, 'where';
};

subtest 'asks and answers' => sub {
    my $pid = aside {
        my $server = Msglite::Client->connect($broker->address);
        my $left   = 4;
        $server->serve(sums => sub {
            my ($message) = @_;
            $server->stop if !--$left;
            die "no sum\n" if $message->body eq 'x' && $message->attempt == 1;
            return reverse $message->body;
        }, retry_delay => 0, signals => 0);
        $server->close;
    };
    is $client->query(sums => 'abc')->body, 'cba', 'a query';
    is $client->query(sums => 'x', timeout => 20)->body, 'x', 'one on which the handler failed once';
    is $client->query(sums => '')->body, '', 'an empty one';
    is waitpid($pid, 0), $pid, 'the handler ended';
    is $?, 0, 'well';
    is $client->query(nobody => 'x', timeout => 0.05), undef, 'nobody answers';
};

subtest 'leases' => sub {
    $client->send(work => $_) for 1 .. 5;
    my $stream = $client->receive('work', concurrency => 2, lease => 0.3, timeout => 0);
    my ($first, $second) = map { $stream->next } 1, 2;
    is $first->body . $second->body, '12', 'two at a time';
    is code_of { $stream->next }, 'bad-argument', 'not a third';
    $first->done;
    $first->done;
    my $third = $stream->next;
    is $third->body, 3, 'when one is done';
    $second->give_back;
    $third->keep(60);
    $second = $stream->next;
    is_deeply [ $second->body, $second->attempt ], [ 2, 2 ], 'given back, it comes again';
    $client->poll(0.4);
    ok !$second->is_ours, 'its lease was lost';
    ok $third->is_ours, 'not that of one that is kept';
    is code_of { $second->done }, 'no-such-delivery', 'and it can not be done';
    undef $stream;
    $third->done;
    $client->flush;
    is_deeply [ map { $_->{body} } @{ $client->control->peek(work => 10) } ], [ 2, 4, 5 ], 'what is left';
    $stream = $client->receive('work', count => 2, concurrency => 5);
    my @got;
    while (my $message = $stream->next) { push @got, $message->body; $message->done }
    is "@got", '2 4', 'a number of them';
    ok $stream->is_over, 'over';
    $stream = $client->receive('work', concurrency => 5, timeout => 0.1);
    is $stream->next->body, 5, 'a stream with an end';
    is $stream->next, undef, 'its end';
    is code_of { $client->receive('~box~1')->next }, 'bad-address', 'a refused one';
};

subtest 'control' => sub {
    my $control = $client->control;
    $control->purge($_->{name}) for @{ $control->queues->{queues} };
    $client->send("caf\xc3\xa9" => $_, id => $_) for 1 .. 3;
    cmp_ok $control->stats->{messages}, '>=', 3, 'stats';
    is_deeply [ map { "$_->{name} $_->{messages}" } @{ $control->queues(prefix => 'caf')->{queues} } ], ["caf\xc3\xa9 3"], 'queues, in bytes';
    is $control->recall("caf\xc3\xa9", 2), 1, 'recalled';
    is $control->recall("caf\xc3\xa9", 2), 0, 'and gone';
    $control->pause("caf\xc3\xa9");
    is $client->ready("caf\xc3\xa9", timeout => 0), undef, 'paused';
    $control->resume("caf\xc3\xa9");
    is $control->purge("caf\xc3\xa9"), 2, 'purged';
    $client->send(d => 'x', attempts => 1);
    $client->receive('d')->next->give_back;
    $client->flush;
    is $control->kick('dead:d'), 1, 'kicked';
    is $client->ready('d')->body, 'x', 'back';
};

subtest 'a signal whose handler dies breaks off a wait, and loses nothing' => sub {
    for my $call (
        sub { $client->ready('quiet', timeout => 20) },
        sub { $client->query(quiet2 => 'x', timeout => 20) },
        sub { $client->receive('quiet')->next },
    ) {
        eval {
            local $SIG{ALRM} = sub { die "enough\n" };
            Time::HiRes::alarm(0.1);
            $call->();
        };
        is $@, "enough\n", 'broken off';
    }
    $client->send(quiet => 'here');
    is $client->ready('quiet', timeout => 5)->body, 'here', 'and on it goes';
};

subtest 'a child process has a connection of its own' => sub {
    my $pid = aside {
        $client->send(family => 'child') for 1 .. 3;
        $client->close;
    };
    $client->send(family => 'parent') for 1 .. 3;
    waitpid $pid, 0;
    is $?, 0, 'the child is content';
    is_deeply [ sort map { $client->ready('family')->body } 1 .. 6 ], [ ('child') x 3, ('parent') x 3 ], 'all that both sent';
};

subtest 'many sends at once' => sub {
    my $receipts = 0;
    $client->send(many => $_, on_receipt => sub { $receipts++ if $_[0] }) for 1 .. 2000;
    $client->flush;
    is $receipts, 2000, 'all have receipts';
    is $client->control->purge('many'), 2000, 'and are there';
    my $large = 'x' x 5_000_000;
    $client->send(large => $large);
    ok $client->ready('large')->body eq $large, 'a large one';
};

subtest 'closed' => sub {
    $client->close;
    is code_of { $client->send(a => 'x') }, 'closed', 'a send';
    is code_of { $client->ready('a') }, 'closed', 'a ready';
    is code_of { $client->query(a => 'x') }, 'closed', 'a query';
};

subtest 'the broker is killed and comes back' => sub {
    my $kept = broker(journal => 1);
    my @told;
    my $client = Msglite::Client->connect(
        $kept->address,
        on_disconnect => sub { push @told, "down $_[0]{deliveries}" },
        on_reconnect  => sub { push @told, 'up' },
    );
    $client->send(work => $_) for 1, 2;
    my $job = $client->receive('work', lease => 60)->next;
    my ($sent, $answered) = (0, undef);
    $kept->stop('KILL');
    $client->send(after => $_, on_receipt => sub { $sent++ if $_[0] }) for 1 .. 3;
    $client->poll(0.3);
    is $sent, 0, 'nobody took them yet';
    is $client->ready('after', timeout => 0.1), undef, 'a wait ends in time all the same';
    $kept->start;
    $client->flush;
    is $sent, 3, 'taken when it was back';
    is_deeply \@told, [ 'down 1', 'up' ], 'told of it';
    ok $job->is_ours, 'the lease goes on';
    $job->done;
    $client->flush;
    is_deeply [ map { $_->{body} } @{ $client->control->peek(work => 5) } ], [2], 'it was done';

    my $server = aside {
        $kept->{owner} = 0;
        my $server = Msglite::Client->connect($kept->address);
        $server->serve(slow => sub { POSIX::sleep(1); $server->stop; 'done' }, lease => 60);
        $server->close;
    };
    my $restarter = aside { $kept->{owner} = 0; select undef, undef, undef, 0.4; kill KILL => $kept->{pid}; POSIX::_exit(0) };
    my $asker = aside {
        $kept->{owner} = 0;
        my $answer = Msglite::Client->connect($kept->address)->query(slow => 'x', timeout => 20);
        die 'no answer' if !$answer || $answer->body ne 'done';
    };
    waitpid $restarter, 0;
    waitpid delete $kept->{pid}, 0;
    $kept->start;
    is waitpid($asker, 0), $asker, 'who asked is answered';
    is $?, 0, 'by who had the question when it was killed';
    waitpid $server, 0;
    $client->close;
};

subtest 'a lost connection' => sub {
    my $client = Msglite::Client->connect($broker->address, ids => 0);
    my @lost;
    my $worker = Msglite::Client->connect($broker->address, on_lease_lost => sub { push @lost, $_[0]->body });
    $client->send(fragile => 'x');
    my $job = $worker->receive('fragile')->next;
    shutdown $worker->handle, 2;
    $worker->poll(0.3);
    is "@lost", 'x', 'the lease is lost with it, and that is told';
    ok !$job->is_ours, 'not ours any more';
    is $worker->receive('fragile')->next->attempt, 2, 'it came again';
    $client->send(x => 'y');
    shutdown $client->handle, 2;
    is code_of { $client->send(x => 'z') for 1 .. 2 }, 'connection-lost', 'without an id what was said is not said again';
    $client->send(x => 'z');
    ok 1, 'but then it goes on';
};

subtest 'a broker without room for ids' => sub {
    my $small = broker(arguments => [ '--max-ids', 2 ]);
    my $client = Msglite::Client->connect($small->address);
    $client->send(a => $_) for 1 .. 5;
    is $client->control->purge('a'), 5, 'ids that the client gave are not why there is no room';
    is code_of { $client->send(a => 'x', id => 'mine') }, 'full', 'one of the program is';
};

subtest 'TCP' => sub {
    my $port = MsgliteTest::free_port();
    my $open = broker(arguments => [ '--listen', "tcp:127.0.0.1:$port" ]);
    my $client = Msglite::Client->connect([ 'unix:/nowhere', "tcp:127.0.0.1:$port" ], idle => 0.3);
    $client->send(a => 'x');
    $client->poll(1.2);
    is $client->ready('a')->body, 'x', 'kept alive through silence';
    kill STOP => $open->{pid};
    my $lost;
    $client->{on_disconnect} = sub { $lost = $_[0]{reason}->message };
    until_true(sub { $client->poll(0.1); $lost });
    like $lost, qr/nothing was heard/, 'silence that lasts is taken for its end';
    kill CONT => $open->{pid};
    $client->send(a => 'x');
    is $client->ready('a')->body, 'x', 'and on it goes';
    $client->close;
};

subtest 'tokens, and TLS' => sub {
    plan skip_all => 'no IO::Socket::SSL' if !eval { require IO::Socket::SSL; 1 };
    my $folder = File::Temp->newdir;
    my ($cert, $key) = map { "$folder/$_" } qw(cert key);
    my $openssl = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost '
        . "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $key -out $cert 2>$folder/said";
    plan skip_all => 'no openssl' if system $openssl;
    my $node = $ENV{NODE} // 'node';
    system "'$node' '$MsgliteTest::ROOT/bin/msglite.js' token worker --send jobs --receive jobs >$folder/tokens 2>$folder/token";
    open my $in, '<', "$folder/token" or die $!;
    my ($token) = do { local $/; <$in> } =~ /(\S+)\s*\z/;
    my $port = MsgliteTest::free_port();
    my $secured = broker(arguments => [
        '--listen', "tcp:127.0.0.1:$port", '--tls-cert', $cert, '--tls-key', $key, '--tokens', "$folder/tokens",
    ]);
    my $address = "tcp:localhost:$port";
    my $client = Msglite::Client->connect($address, token => $token, tls => { ca_file => $cert });
    my $large = join '', map { chr rand 256 } 1 .. 3_000_000;
    $client->send(jobs => $large, on_receipt => sub { });
    ok $client->ready('jobs')->body eq $large, 'a large message there and back';
    is code_of { $client->send(others => 'x') }, 'forbidden', 'what the token does not allow';
    $client->close;
    is code_of { Msglite::Client->connect($address, tls => { ca_file => $cert }) }, 'unauthorized', 'without a token';
    is code_of { Msglite::Client->connect($address, token => $token, tls => 1) }, 'unreachable', 'a broker that nobody vouches for';
    is code_of { Msglite::Client->connect($address, token => $token, tls => { ca_file => $cert, verify_name => 'other' }) },
        'unreachable', 'or that has another name';
};

done_testing;
