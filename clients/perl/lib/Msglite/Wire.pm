package Msglite::Wire;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';
use POSIX ();

our @EXPORT_OK = qw(
    encode_hello encode_send encode_receive encode_take_back encode_done encode_give_back encode_keep encode_control
    encode_seconds GOODBYE
);

use constant GOODBYE => ".\r\n";

# The most that can be said.
use constant {
    LONGEST       => 999_999_999.999,
    MOST_MESSAGES => 1_000_000_000,
    MOST_ATTEMPTS => 1_000_000,
};

# Seconds as short as they can be, never less than they are; undef: as long as can be said.
sub encode_seconds ($seconds) {
    return '999999999.999' if !defined $seconds || $seconds >= LONGEST;
    return $seconds if $seconds =~ /\A\d{1,9}\z/;
    my $milliseconds = POSIX::ceil($seconds * 1000 - 1e-6);
    my $text         = sprintf '%d.%03d', int($milliseconds / 1000), $milliseconds % 1000;
    $text =~ s/\.?0+\z//;
    return $text;
}

sub encode_hello ($tag, $token = undef, $idle = undef) {
    my $line = "!! $tag";
    $line .= " $token" if defined $token;
    $line .= ' idle=' . encode_seconds($idle) if defined $idle;
    return "$line\r\n";
}

# What is sent: to, body, timeout; reply_to, id, delay, attempts, once, dead ('': nowhere), receipt.
sub encode_send ($tag, $message) {
    my ($to, $body, $timeout) = @$message{qw(to body timeout)};
    $timeout = encode_seconds($timeout) if $timeout =~ /\D/ || length $timeout > 9;
    my $line = ">> $tag " . length($body) . " $timeout $to " . ($message->{reply_to} // '-');
    $line .= _options($message) if keys %$message > 3;
    return $body eq '' ? "$line\r\n" : "$line\r\n$body\r\n";
}

sub _options ($message) {
    my $line = '';
    $line .= " id=$message->{id}" if defined $message->{id};
    $line .= ' delay=' . encode_seconds($message->{delay}) if $message->{delay};
    $line .= ' attempts=' . ($message->{attempts} > MOST_ATTEMPTS ? MOST_ATTEMPTS : $message->{attempts})
        if defined $message->{attempts} && $message->{attempts} != 5;
    $line .= ' once=1' if $message->{once};
    $line .= ' dead=' . ($message->{dead} eq '' ? '-' : $message->{dead}) if defined $message->{dead};
    $line .= " receipt=$message->{receipt}" if defined $message->{receipt} && $message->{receipt} ne 'taken';
    return $line;
}

# What is asked for: addresses, timeout (undef: no end), count (undef: no end), lease (0: none).
sub encode_receive ($tag, $wanted) {
    my $line = "<< $tag " . encode_seconds($wanted->{timeout}) . " @{ $wanted->{addresses} }";
    my $count = $wanted->{count} // MOST_MESSAGES;
    $line .= ' count=' . ($count > MOST_MESSAGES ? MOST_MESSAGES : $count) if $count != 1;
    $line .= ' lease=' . encode_seconds($wanted->{lease}) if $wanted->{lease};
    return "$line\r\n";
}

sub encode_take_back ($tag) { return ".. $tag\r\n" }

sub encode_done ($delivery) { return "++ $delivery\r\n" }

sub encode_give_back ($delivery, $delay = 0) {
    return $delay ? "-- $delivery " . encode_seconds($delay) . "\r\n" : "-- $delivery\r\n";
}

sub encode_keep ($delivery, $lease) { return "~~ $delivery " . encode_seconds($lease) . "\r\n" }

sub encode_control ($tag, $command, @arguments) { return join(' ', "== $tag $command", @arguments) . "\r\n" }

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Wire - commands of the tagged msglite protocol, as bytes

=head1 DESCRIPTION

Inside of L<Msglite::Client>. Times are in seconds. Nothing is checked here. L<Msglite::Decoder> reads what the broker
says.

=cut
