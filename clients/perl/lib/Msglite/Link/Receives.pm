package Msglite::Link::Receives;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Delivery;
use Msglite::Error;
use Msglite::Wire qw(encode_receive encode_take_back);

# addresses, timeout (undef: no end), count (undef: no end), lease. `deliver` is called with each delivery, `over` once: with
# nothing, or a code and a text.
sub receive ($self, $wanted, $deliver, $over) {
    my $receive = {
        wanted  => $wanted,
        left    => $wanted->{count},
        due     => defined $wanted->{timeout} ? Msglite::Link::now() + $wanted->{timeout} : undef,
        deliver => $deliver,
        ended   => $over,
        state   => 'waiting',
    };
    Msglite::Error->throw(@{ $self->{closed} }) if $self->{closed};
    $receive->{tag} = ++$self->{tags};
    $self->{receives}{ $receive->{tag} } = $receive;
    $self->_say_receive($receive) if $self->{socket};
    return $receive;
}

# One that is over is there again: for one more, without an end.
sub renew ($self, $receive) {
    @$receive{qw(left state)} = (1, 'waiting');
    $self->{receives}{ $receive->{tag} } = $receive;
    $self->{out} .= $receive->{said} if $self->{socket};
    return;
}

# What is on its way still comes; then it is over.
sub withdraw ($self, $receive) {
    return if $receive->{state} ne 'waiting';
    $receive->{state} = 'leaving';
    if ($self->{socket}) { $self->{out} .= encode_take_back($receive->{tag}) }
    else                 { $self->_end_receive($receive) }
    return;
}

sub _say_receive ($self, $receive) {
    my %wanted = (%{ $receive->{wanted} }, count => $receive->{left});
    if ($wanted{timeout}) {
        my $left = $receive->{due} - Msglite::Link::now();
        $wanted{timeout} = $left < 0.001 ? 0.001 : $left;
    }
    $self->{out} .= $receive->{said} = encode_receive($receive->{tag}, \%wanted);
    return;
}

sub _deliver ($self, $receive, $frame) {
    my $delivery = bless $frame, 'Msglite::Delivery';
    if (defined(my $name = $delivery->{name})) {
        $delivery->{lease} = $receive->{wanted}{lease};
        $self->{held}{$name} = $delivery;
    }
    return $receive->{deliver}->($delivery) if !defined $receive->{left} || --$receive->{left};
    delete $self->{receives}{ $receive->{tag} };
    $receive->{state} = 'over';
    $receive->{deliver}->($delivery);
    $receive->{ended}->();
    return;
}

sub _end_receive ($self, $receive, @why) {
    $receive->{state} = 'over';
    delete $self->{receives}{ $receive->{tag} // '' };
    $receive->{ended}->(@why);
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Link::Receives - receives, whatever becomes of connections meanwhile

=head1 DESCRIPTION

A part of L<Msglite::Link>.

=cut
