# The suite of Plack for servers, with Lint around its applications.
use 5.026;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";

use MsgliteTest qw(broker free_port);

BEGIN {
    eval { require Plack::Test::Suite; 1 } or plan skip_all => "no Plack::Test::Suite: $@";
}

for my $envelope (2, 1) {
    subtest "Plack::Test::Suite, envelope $envelope" => sub {
        my $port   = free_port();
        my $broker = broker(http => $port, arguments => [ '--http-envelope', $envelope ]);
        note scalar @Plack::Test::Suite::TEST, ' cases';
        Plack::Test::Suite->run_server_tests('Msglite', $port, $port, broker => $broker->address, workers => 2);
    };
}

is scalar @Plack::Test::Suite::TEST, 36, 'there were 36 cases';

done_testing;
