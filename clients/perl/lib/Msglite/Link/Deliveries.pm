package Msglite::Link::Deliveries;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Wire qw(encode_done encode_give_back encode_keep);

use constant {
    UNCONFIRMED => 256,    # Ends that are kept until the broker has confirmed them, before it is asked to.
    CONFIRM     => 1,      # Seconds after which it is asked to anyway.
};

sub done ($self, $delivery) {
    $self->_end_delivery($delivery, encode_done($delivery->{name})) if !$delivery->{end};
    return;
}

sub give_back ($self, $delivery, $delay = 0) {
    $self->_end_delivery($delivery, encode_give_back($delivery->{name}, $delay)) if !$delivery->{end};
    return;
}

# The lease ends so many seconds from now.
sub keep ($self, $delivery, $lease) {
    return if !$delivery->is_ours;
    $delivery->{lease} = $lease;
    $self->_say_delivery($delivery);
    return;
}

# From now on, whenever we have the floor: a step, long before the lease ends.
sub keep_on ($self, $delivery) {
    @$delivery{qw(kept kept_at)} = (1, Msglite::Link::now());
    $self->_keep_later($delivery);
    return;
}

sub _keep_all ($self) {
    my $now = Msglite::Link::now();
    delete $self->{keep_at};
    for my $delivery (values %{ $self->{held} }) {
        next if !$delivery->{kept} || !$delivery->is_ours;
        $self->_say_delivery($delivery) if $delivery->{kept_at} + $delivery->{lease} / 3 <= $now;
        $self->_keep_later($delivery);
    }
    return;
}

# Two may go astray before the lease is lost.
sub _keep_later ($self, $delivery) {
    my $at = $delivery->{kept_at} + $delivery->{lease} / 3;
    $self->_at(keep_at => $at) if !defined $self->{keep_at} || $at < $self->{keep_at};
    return;
}

sub _end_delivery ($self, $delivery, $end) {
    $delivery->{end} = $end;
    return if $delivery->{lost} || !$self->{socket};
    $self->{out} .= $end;
    push @{ $self->{ended} }, $delivery;
    if    (@{ $self->{ended} } >= UNCONFIRMED) { $self->_confirm }
    elsif (!defined $self->{confirm_at})       { $self->_at(confirm_at => Msglite::Link::now() + CONFIRM) }
    return;
}

sub _say_delivery ($self, $delivery) {
    return if $delivery->{lost} || !$self->{socket};
    return $self->_end_delivery($delivery, $delivery->{end}) if $delivery->{end};
    $self->{out} .= encode_keep(@$delivery{qw(name lease)});
    $delivery->{kept_at} = Msglite::Link::now();
    return;
}

# Asks whether the broker has heard of the ends: until then they are said again after a lost connection.
sub _confirm ($self) {
    delete $self->{confirm_at};
    my $ended = $self->{ended};
    return if !@$ended || $self->{confirming};
    $self->{ended}      = [];
    $self->{confirming} = 1;
    my $socket = $self->{socket};
    $self->flush(sub ($answer, @) {

        # What was asked on an earlier connection is answered for that one.
        return if !$self->{socket} || $self->{socket} != $socket;
        delete $self->{confirming};
        if ($answer) { delete $self->{held}{ $_->{name} } for @$ended }
        else         { push @{ $self->{ended} }, @$ended }
        $self->_at(confirm_at => Msglite::Link::now() + CONFIRM) if @{ $self->{ended} } && !defined $self->{confirm_at};
    });
    return;
}

# The broker says that it is not ours, or no longer. Where its end was said twice, it may have heard it the first time.
sub _lose_delivery ($self, $delivery) {
    delete $self->{held}{ $delivery->{name} };
    $delivery->{lost} = 1;
    return if $delivery->{end} && $delivery->{repeated};
    my $listener = $delivery->{on_lost} or return;
    $listener->($delivery);
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Link::Deliveries - leased deliveries that are ours, and the ends of those that were

=head1 DESCRIPTION

A part of L<Msglite::Link>.

=cut
