# A web application: plackup -s Msglite app.psgi, or one of any framework the same way.
use 5.026;
use warnings;

# Each part leaves at once. When the client goes, `write` dies.
sub ticks {
    my ($respond) = @_;
    my $writer = $respond->([ 200, [ 'Content-Type' => 'text/plain' ] ]);
    for my $n (0 .. 9) {
        $writer->write("$n\n");
        sleep 1;
    }
    $writer->close;
}

sub {
    my ($env) = @_;
    return \&ticks if $env->{PATH_INFO} eq '/clock';
    return [
        200,
        [ 'Content-Type' => 'text/plain' ],
        ["Worker $$ answers $env->{REQUEST_METHOD} $env->{PATH_INFO}\n"],
    ];
};
