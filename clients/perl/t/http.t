# Web requests as applications see them, and what is sent for their answers: the fixtures that all languages share.
use 5.026;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";

use JSON::PP ();
use POSIX ();

use MsgliteTest qw(broker fixtures);
use Msglite::Client;
use Msglite::PSGI::Environment qw(environment);
use Msglite::PSGI::Head qw(parse_request parse_common encode_response);
use Msglite::PSGI::Input;

BEGIN {
    eval { require Plack::Util; 1 } or plan skip_all => "no Plack: $@";
}
use Plack::Handler::Msglite;
use Plack::Middleware::Lint;

my $json   = JSON::PP->new->canonical->allow_nonref;
my $broker = broker();
my $client = Msglite::Client->connect($broker->address);

# Workers that run an application, until what is returned is told to stop, or let go of.
sub serving {
    my ($app, %options) = @_;
    my $pid = fork // die "no process: $!";
    if (!$pid) {
        open STDERR, '>', '/dev/null' or die $!;
        Plack::Handler::Msglite->new(broker => $broker->address, http_msg_address => 'handler', workers => 1, %options)
            ->run(Plack::Middleware::Lint->wrap($app));
        POSIX::_exit(0);
    }
    return Serving->new($pid);
}

sub bytes { my ($text) = @_; return ref $text ? $text->{text} x $text->{times} : $text }

subtest 'requests' => sub {
    my $serving = serving(sub {
        my ($env) = @_;
        my $input = $env->{'psgi.input'};
        my $read  = sub {
            my $body = '';
            1 while $input->read($body, 3, length $body);
            return $body;
        };
        my $body = $read->();
        $input->seek(0, 0);
        my %seen = map { $_ => "$env->{$_}" } grep { /\A[A-Z]/ } keys %$env;
        my %told = (environment => \%seen, scheme => $env->{'psgi.url_scheme'}, body => $body, again => $read->());
        $input->seek(0, 0);
        $told{lines} = join '|', $input->getlines;

        # In a header: HEAD is among the cases.
        return [ 200, [ 'X-Told' => $json->latin1->encode(\%told) ], [] ];
    });
    my $count = 0;
    for my $case (fixtures('http/requests.json')) {
        my ($request, @pieces) = @{ $case->{messages} };
        my $mailbox = '~answer' . $count++;
        for my $piece (@pieces) {
            $client->send($piece->{to} . $count, bytes($piece->{body}), timeout => 5);
        }
        $client->send(handler => $request->{body} =~ s/reply:body/reply:body$count/r, reply_to => "$mailbox~1");
        my $answer = $client->ready($mailbox, timeout => 10) or return fail $case->{name};
        my ($line) = split /\n/, $answer->body;
        my %headers = @{ $json->latin1(0)->decode($line)->[1] };
        my $told = $json->decode($headers{'X-Told'});
        is_deeply $told->{environment}, $case->{environment}, "$case->{name}: environment";
        is $told->{scheme}, $case->{scheme}, "$case->{name}: scheme";
        is $told->{body}, bytes($case->{body}), "$case->{name}: body";
        is $told->{again}, $told->{body}, "$case->{name}: body, again";
        is $told->{lines}, join('|', $told->{body} =~ /[^\n]*\n|[^\n]+\z/g), "$case->{name}: by lines";
    }
    cmp_ok $count, '>', 40, 'there are cases';
    is $serving->stop, 0, 'ended well';
};

subtest 'responses' => sub {
    my @cases = fixtures('http/responses.json');
    my $serving = serving(sub {
        my ($env) = @_;
        my $case = $cases[ $env->{HTTP_X_CASE} ];
        my ($head, $kind, $fails) = ([ $case->{status}, $case->{headers} ], $case->{kind}, $case->{fails} // '');
        my @parts = map { bytes($_) } @{ $case->{body} };
        die "it failed: secret\n" if $fails eq 'at once';
        return [ @$head, \@parts ] if $kind eq 'list';
        my $stream = sub {
            my ($respond) = @_;
            my $writer = $respond->($head);
            $writer->write($_) for @parts;
            die "it failed: secret\n" if $fails;
            $writer->close;
        };
        return $stream if !$env->{HTTP_X_LINES};
        return [ @$head, Lines->new(@parts, $fails ? sub { die "it failed: secret\n" } : ()) ];
    });
    my $run = 0;
    for my $index (0 .. $#cases) {
        my $case = $cases[$index];
        for my $lines ($case->{kind} eq 'stream' ? (0, 1) : 0) {
            my $name    = "$case->{name}, " . ($lines ? 'lines' : $case->{kind});
            my $mailbox = '~r' . $run++;
            my $end;
            my $head = $json->encode({
                v => 2, method => $case->{method}, url => '/', protocol => 'HTTP/1.1', scheme => 'http', remoteAddr => '',
                headers => [ 'X-Case', $index, $lines ? ('X-Lines', 1) : () ], cancelAddr => "reply:c$run",
            });
            $client->send(handler => "$head\n", reply_to => "$mailbox~1", attempts => 1, dead => undef, receipt => 'done',
                on_receipt => sub { $end = $_[0] ? 'done' : $_[1]->code eq 'dead' ? 'given back' : $_[1] });
            my @got;
            until ($end) {
                my $message = $client->ready($mailbox, timeout => 0.02) or next;
                push @got, $message->body;
            }
            while (my $message = $client->ready($mailbox, timeout => 0)) { push @got, $message->body }
            is $end, $case->{end}, "$name: end";
            is scalar @got, scalar @{ $case->{messages} }, "$name: number of messages";
            for my $message (@{ $case->{messages} }) {
                my $body = shift @got // '';
                if (my $expected = $message->{head}) {
                    (my $line, $body) = split /\n/, $body, 2;
                    $body //= '';
                    my ($status, $headers) = @{ $json->decode($line) };
                    is $status, $expected->[0], "$name: status";
                    is_deeply told($headers), told($expected->[1]), "$name: headers" if $expected->[1];
                    unlike $body, qr/secret/, "$name: the trace is not told";
                }
                ok $body eq bytes($message->{body}), "$name: body" if defined $message->{body};
            }
        }
    }
    is $serving->stop, 0, 'ended well';
};

# Content-Length may stand anywhere.
sub told {
    my ($headers) = @_;
    my @pairs = map { [ @$headers[ 2 * $_, 2 * $_ + 1 ] ] } 0 .. @$headers / 2 - 1;
    return [ (grep { lc $_->[0] ne 'content-length' } @pairs), map { [ lc $_->[0], $_->[1] ] } grep { lc $_->[0] eq 'content-length' } @pairs ];
}

subtest 'heads, read quickly and slowly alike' => sub {
    my @chars = ('a' .. 'e', '"', '\\', ',', ':', '[', ']', '{', '}', ' ', "\t", "\xe9", "\x7f", '/', "\n");
    srand 7;
    my $word = sub { join '', map { $chars[ rand @chars ] } 1 .. rand 9 };
    my $quote = sub {
        my ($text) = @_;
        my $quoted = JSON::PP->new->ascii->allow_nonref->encode($text);
        return $quoted;
    };
    for (1 .. 2000) {
        my @headers = map { $word->() } 1 .. 2 * int rand 4;
        my ($method, $url) = ($word->(), $word->());
        my $text = sprintf '{"v":2,"method":%s,"url":%s,"protocol":"HTTP/1.1","headers":[%s],"scheme":"http","remoteAddr":"::1","cancelAddr":"reply:x"}',
            $quote->($method), $quote->($url), join ',', map { $quote->($_) } @headers;
        my $head = parse_request($text);
        my $got  = [ $head->{method}, $head->{url}, $head->{headers} // parse_common($head->{common})->{headers} ];
        return fail $text if !eq_array($got, [ $method, $url, \@headers ]);
        my $answer = JSON::PP->new->decode(encode_response(200, \@headers));
        return fail $text if !eq_array($answer, [ 200, \@headers ]);
    }
    pass '2000 of them';
    ok !eval { parse_request('{"v":2,"method":"GET"'); 1 }, 'what is no JSON is refused';
    ok !eval { encode_response(200, [ 'X-A' => "\x{263a}" ]); 1 }, 'what no header can say is refused';
};

subtest 'what requests have in common is read once, and each has its own' => sub {
    my $text = '{"v":2,"method":"GET","url":"/a%20b?c","protocol":"HTTP/1.1","headers":["X-A","\\"1\\"","x-a","2","X_A","3"],'
        . '"scheme":"https","remoteAddr":"::1","cancelAddr":"reply:x"}' . "\nbody";
    for my $time (1 .. 4) {
        my $head = parse_request($text);
        is $head->{body}, 'body', 'body';
        my $env = environment($head, $time);
        is_deeply [ @$env{qw(HTTP_X_A PATH_INFO QUERY_STRING HTTPS SERVER_PORT msglite.request)} ],
            [ '"1", 2', '/a b', 'c', 'on', 443, $time ], "time $time";
        ok !exists $env->{''}, 'nothing is left of what is left out';
        %$env = (HTTP_X_A => 'changed');
    }
};

subtest 'a body that the application has chunked' => sub {
    require Msglite::PSGI::Chunked;
    my $text = "5\r\nhello\r\nA; x=y\r\n 0\r\n\r\n wor\r\n2\nld\n0\r\nX: y\r\n\r\n";
    for my $size (1 .. length $text) {
        my $chunked = Msglite::PSGI::Chunked->new;
        my $data = join '', map { $chunked->decode($_) } unpack "(a$size)*", $text;
        return fail "$size: $data" if $data ne "hello 0\r\n\r\n world" || !$chunked->is_over;
    }
    pass 'in pieces of any size';
    for my $wrong ("x\r\n", "5\r\nhello!\r\n", "\r\n", '1' x 5000) {
        ok !eval { Msglite::PSGI::Chunked->new->decode($wrong); 1 }, 'no chunks: ' . substr $wrong, 0, 10;
    }
    my $half = Msglite::PSGI::Chunked->new;
    is $half->decode("5\r\nhel"), 'hel', 'half a chunk';
    ok !$half->is_over, 'is not all';
};

subtest 'a body is a file' => sub {
    for my $size (10, 300_000) {
        my @pieces = map { chr(65 + $_) x ($size - 1) . "\n" } 0 .. 3;
        my $fetched = 0;
        my $handle = Msglite::PSGI::Input->in_pieces(sub { $fetched++; shift @pieces // '' });
        is read($handle, my $some, 5), 5, 'some of it';
        is $fetched, 1, 'no more was fetched than was wanted';
        is $handle->tell, 5, 'tell';
        ok !eof $handle, 'not at its end';
        is length(<$handle>), $size - 5, 'the rest of the line';
        is getc $handle, 'B', 'getc';
        ok seek($handle, -3, 2), 'seek from the end';
        is do { local $/; <$handle> }, "DD\n", 'the last bytes';
        ok eof $handle, 'at its end';
        is read($handle, $some, 5), 0, 'nothing more';
        is $some, '', 'and nothing there';
        ok seek($handle, $size, 0), 'seek';
        my $offset = 'x';
        is read($handle, $offset, 3, 3), 3, 'with an offset';
        is $offset, "x\0\0BBB", 'padded';
        seek $handle, 0, 0;
        is scalar(() = <$handle>), 4, 'all lines';
        seek $handle, 0, 0;
        { local $/ = \7; is length(<$handle>), 7, 'a record' }
        ok close $handle, 'closed';
    }
};

done_testing;

package Lines;

sub new { my ($class, @lines) = @_; return bless [@lines], $class }

sub getline { my ($self) = @_; my $line = shift @$self; return ref $line ? $line->() : $line }

sub close { return 1 }

package Serving;

sub new { my ($class, $pid) = @_; return bless { pid => $pid, owner => $$ }, $class }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill TERM => $pid;
    waitpid $pid, 0;
    return $?;
}

sub DESTROY { local ($?, $@, $!); $_[0]->stop if $_[0]{owner} == $$ }
