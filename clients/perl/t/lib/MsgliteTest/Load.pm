package MsgliteTest::Load;

# Many web clients in one process, each asking again as soon as it is answered.

use 5.026;
use warnings;

use Errno ();
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

# Returns how many answers were as expected, and what the others were.
sub run {
    my ($class, %options) = @_;
    my ($port, $count, $seconds, $expected) = @options{qw(port clients seconds expected)};
    my $select = IO::Select->new;
    my (%had, %asked, @wrong);
    my ($good, $end) = (0, time + $seconds);
    my $ask = sub {
        my ($socket) = @_;
        $had{$socket} = '';
        $asked{$socket} = 1;
        syswrite $socket, "GET /load HTTP/1.1\r\nHost: localhost\r\n\r\n";
    };
    my $open = sub {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "no connection: $!";
        $select->add($socket);
        $ask->($socket);
    };
    $open->() for 1 .. $count;
    while ($select->count) {
        my @ready = $select->can_read(20) or die 'no answer for 20 seconds';
        for my $socket (@ready) {
            my $read = sysread $socket, $had{$socket}, 65536, length $had{$socket};
            if (!$read) {
                push @wrong, 'a connection ended after: ' . substr $had{$socket}, 0, 200;
                $select->remove($socket);
                $open->() if time < $end;
                next;
            }
            my ($head, $body) = $had{$socket} =~ /\A(.*?)\r\n\r\n(.*)\z/s or next;
            my ($length) = $head =~ /^Content-Length: (\d+)/mi or die "no length: $head";
            next if length $body < $length;
            if ($head =~ m{\AHTTP/1.1 200 } && $body =~ $expected) { $good++ }
            else                                                  { push @wrong, substr $had{$socket}, 0, 200 }
            if (time < $end) { $ask->($socket) }
            else             { $select->remove($socket) }
        }
        $options{meanwhile}->() if $options{meanwhile};
    }
    return ($good, @wrong);
}

1;
