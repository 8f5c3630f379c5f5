#!/usr/bin/perl
# Asks a question and prints the answer: ask.pl ADDRESS TO BODY
#
# ADDRESS is where the broker is: unix:/path or tcp:host:port. Exit code 3: nobody answered in time.
use 5.026;
use warnings;

use Msglite::Client;

my ($address, $to, $body) = @ARGV;
die "ask.pl ADDRESS TO BODY\n" if @ARGV != 3;

my $client = Msglite::Client->connect($address);
my $answer = $client->query($to, $body, timeout => 30);
$client->close;
exit 3 if !$answer;
say $answer->body;
