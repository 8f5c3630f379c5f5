package Msglite::Error;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use overload '""' => \&as_string, bool => sub { 1 }, fallback => 1;

sub new ($class, $code, $text) {
    my $self = bless { code => $code, text => $text }, $class;

    # Where somebody called us, as croak would say.
    my $depth = 0;
    while (my ($package, $file, $line) = caller $depth++) {
        next if $package =~ /^Msglite::/;
        @$self{qw(file line)} = ($file, $line);
        last;
    }
    return $self;
}

sub throw ($class, @args) { die $class->new(@args) }

sub code ($self) { return $self->{code} }

sub message ($self) { return $self->{text} }

sub as_string ($self, @) {
    my $where = defined $self->{file} ? " at $self->{file} line $self->{line}" : '';
    return "$self->{code}: $self->{text}$where.\n";
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Error - what Msglite::Client dies with

=head1 SYNOPSIS

  eval { $client->send(jobs => 'hello'); 1 } or do {
      my $error = $@;
      die $error unless ref $error && $error->isa('Msglite::Error');
      retry_later() if $error->code eq 'full';
  };

=head1 METHODS

=head2 code

For programs. Those of the protocol, as the broker said them (C<unauthorized>, C<forbidden>, C<id-conflict>, C<full>,
C<dead>, C<expired>, C<no-such-delivery>, C<body-too-large> ...; later brokers may have more), and

=over

=item unreachable

No connection could be made.

=item connection-lost

It broke, and whether the broker carried out what was under way is unknown.

=item expired

Its time ran out: before a broker had taken it, or, with C<< receipt => 'done' >>, before somebody received it.

=item full

The broker holds as many messages as it may, or the client as much as it buffers: try again later.

=item closed

The client was closed.

=item bad-argument

Nothing was sent, because it can't be said in the protocol.

=item protocol

The other side is no msglite broker, or does not know the tagged protocol.

=item client-gone

In PSGI applications only: nobody waits for the rest of the response.

=back

=head2 message

For people, one line.

=cut
