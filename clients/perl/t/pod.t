# The documentation can be read.
use 5.026;
use warnings;
use Test::More;
use FindBin;

use File::Find ();
use Pod::Checker ();

my @files;
File::Find::find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.pm\z/ } }, "$FindBin::Bin/../lib");
cmp_ok scalar @files, '>', 10, 'there are modules';
for my $file (sort @files) {
    my $checker = Pod::Checker->new(-warnings => 1, -quiet => 1);
    open my $nowhere, '>', \my $said or die $!;
    $checker->parse_from_file($file, $nowhere);
    is $checker->num_errors + $checker->num_warnings, 0, $file or diag $said;
    cmp_ok $checker->num_errors, '==', 0, "$file has documentation";
}

done_testing;
