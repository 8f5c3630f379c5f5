#!/usr/bin/perl
# Answers N questions, each with its bytes in reverse: answer.pl ADDRESS TO N
use 5.026;
use warnings;

use Msglite::Client;

my ($address, $to, $count) = @ARGV;
die "answer.pl ADDRESS TO N\n" if @ARGV != 3;

my $client = Msglite::Client->connect($address);
$client->serve($to, sub {
    my ($message) = @_;
    return scalar reverse $message->body;
}, count => $count);
$client->close;
