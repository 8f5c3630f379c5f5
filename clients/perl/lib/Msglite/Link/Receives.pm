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

# What is on its way still comes; then it is over.
sub withdraw ($self, $receive) {
    return if $receive->{state} ne 'waiting';
    $receive->{state} = 'leaving';
    if ($self->{socket}) { $self->{out} .= encode_take_back($receive->{tag}) }
    else                 { $self->_end_receive($receive) }
    return;
}

sub _say_receive ($self, $receive) {
    my $wanted = $receive->{wanted};
    if (!defined $wanted->{timeout} && $receive->{left} && $receive->{left} == 1) {

        # The same each time: who answers requests says it for each.
        $wanted->{asked} //= encode_receive('', { %$wanted, count => 1 }) =~ s/\A<< //r;
        $self->{out} .= "<< $receive->{tag}$wanted->{asked}";
        return;
    }
    my %wanted = (%$wanted, count => $receive->{left});
    if ($wanted{timeout}) {
        my $left = $receive->{due} - Msglite::Link::now();
        $wanted{timeout} = $left < 0.001 ? 0.001 : $left;
    }
    $self->{out} .= encode_receive($receive->{tag}, \%wanted);
    return;
}

sub _deliver ($self, $receive, $frame) {
    my $delivery = Msglite::Delivery->new($frame, $receive->{wanted}{lease});
    $self->{held}{ $delivery->{name} } = $delivery if defined $delivery->{name};
    if (defined $receive->{left} && !--$receive->{left}) {
        delete $self->{receives}{ $receive->{tag} };
        $receive->{state} = 'over';
    }
    $receive->{deliver}->($delivery);
    $receive->{ended}->() if $receive->{state} eq 'over';
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
