package Msglite::Arguments;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';
use List::Util qw(max min);
use Scalar::Util qw(looks_like_number);

use Msglite::Error;

our @EXPORT_OK = qw(address addresses seconds count id body known bad);

use constant { LONGEST_ADDRESS => 255, MOST_ADDRESSES => 8, LONGEST_ID => 128, LONGEST_SECONDS => 999_999_999 };

sub bad ($text) { Msglite::Error->throw('bad-argument', $text) }

# A string that has one character per byte, and is not marked as something else.
sub _bytes ($what, $text) {
    bad("$what is missing") if !defined $text;
    my $bytes = "$text";
    utf8::downgrade($bytes, 1) or bad("$what has characters beyond U+00FF: encode it first");
    return $bytes;
}

sub address ($text) {
    my $address = _bytes('the address', $text);
    bad("'$address' is no address: 1 to 255 bytes without blanks")
        if $address eq '' || length $address > LONGEST_ADDRESS || $address =~ /[\0-\x20\x7f]/;
    bad("'$address' is no address: it has a \"=\", or is \"-\"") if $address eq '-' || $address =~ /=/;
    return $address;
}

sub addresses ($given) {
    my @addresses = ref $given ? @$given : $given;
    bad('one can be ready on 1 to 8 addresses, not on ' . @addresses) if !@addresses || @addresses > MOST_ADDRESSES;
    return [ map { address($_) } @addresses ];
}

sub seconds ($what, $seconds, $least = 0) {
    return $seconds + 0 if looks_like_number($seconds) && $seconds >= $least && $seconds <= LONGEST_SECONDS;
    bad("$what is seconds from $least to " . LONGEST_SECONDS . ', not ' . ($seconds // 'undef'));
}

sub count ($what, $count) {
    return $count + 0 if defined $count && $count =~ /\A[1-9][0-9]{0,14}\z/;
    bad("$what is a whole number of at least 1, not " . ($count // 'undef'));
}

sub id ($text) {
    my $id = _bytes('the id', $text);
    return $id if $id ne '' && length $id <= LONGEST_ID && $id !~ /[\0-\x20\x7f]/;
    bad("'$id' is no id: 1 to 128 bytes without blanks");
}

sub body ($text) { return _bytes('the body', $text) }

# Named arguments, of which one that is misspelt is noticed.
sub known ($options, @names) {
    my %known = map { $_ => 1 } @names;
    my ($unknown) = grep { !$known{$_} } sort keys %$options;
    return if !defined $unknown;
    my $nearest = _nearest($unknown, @names);
    bad("there is no option $unknown" . (defined $nearest ? " (did you mean $nearest?)" : ''));
}

# The name that differs least, if that is little.
sub _nearest ($name, @names) {
    my %away = map { $_ => _distance($name, $_) } @names;
    my ($nearest) = sort { $away{$a} <=> $away{$b} || $a cmp $b } @names;
    return $away{$nearest} <= max(2, length($name) / 3) ? $nearest : undef;
}

# Letters that are to be put in, left out or changed (Levenshtein).
sub _distance ($from, $to) {
    my @row = 0 .. length $to;
    for my $i (1 .. length $from) {
        my @above = @row;
        @row = ($i);
        for my $j (1 .. length $to) {
            my $other = substr($from, $i - 1, 1) eq substr($to, $j - 1, 1) ? 0 : 1;
            push @row, min($row[-1] + 1, $above[$j] + 1, $above[ $j - 1 ] + $other);
        }
    }
    return $row[-1];
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Arguments - what programs pass in, checked

=head1 DESCRIPTION

Inside of L<Msglite::Client>.

=cut
