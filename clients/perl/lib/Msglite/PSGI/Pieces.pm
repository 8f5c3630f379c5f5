package Msglite::PSGI::Pieces;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Error;

use constant {
    AHEAD    => 4,      # Pieces asked for at a time.
    PATIENCE => 300,    # Seconds that the next one may take, and for which one is ours until it is done.
};

# The body of a request that comes apart from its head. A piece is done when it came, so that the proxy sends more.
#
# link; address; reply: of that request; single: envelope 1, one piece is the whole.
sub new ($class, %parts) {
    my $self = bless { %parts, pieces => [], over => 0 }, $class;
    $self->{link}->keep_on($self->{reply}->delivery);
    $self->{reply}->listen;
    return $self;
}

# The next one, an empty one at the end. Dies if no more will come.
sub next ($self) {
    my ($link, $pieces) = @$self{qw(link pieces)};
    my $due = Msglite::Link::now() + PATIENCE;
    until ($self->{over} || @$pieces) {
        $self->_give_up if $self->{lack} || $self->{reply}->is_gone;
        $self->{asked} ||= $self->_ask;
        $link->step($due - Msglite::Link::now());
        $self->{lack} //= 'they did not come' if !@$pieces && $due <= Msglite::Link::now();
    }
    my $piece = shift @$pieces // return '';
    $self->_stop if $piece eq '' || $self->{single};
    return $piece;
}

# No more is wanted. What nobody has read must not lie about in the broker.
sub end ($self) {
    return if $self->{over};
    $self->_stop;
    $self->{link}->receive({ addresses => [ $self->{address} ], timeout => 0, count => undef, lease => 0 }, sub ($) { }, sub (@) { });
    return;
}

sub _ask ($self) {
    return $self->{link}->receive(
        { addresses => [ $self->{address} ], timeout => undef, count => $self->{single} ? 1 : AHEAD, lease => PATIENCE },
        sub ($delivery) { $self->_take($delivery) },
        sub (@why) { delete $self->{asked}; $self->{lack} = "@why" if @why },
    );
}

sub _take ($self, $delivery) {
    $self->{link}->done($delivery);

    # It may be one that came before, or one of several that did not.
    if (!$self->{single} && $delivery->{attempt} > 1) { $self->{lack} = 'the connection to the broker was lost' }
    elsif (!$self->{lack}) { push @{ $self->{pieces} }, $delivery->{body} }
    return;
}

sub _stop ($self) {
    $self->{over} = 1;
    $self->{link}->withdraw($self->{asked}) if $self->{asked};
    return;
}

sub _give_up ($self) {
    $self->_stop;
    my $why = $self->{lack} // 'nobody waits any more';
    Msglite::Error->throw($self->{lack} ? 'unfinished' : 'client-gone', "the request's body is not complete: $why");
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Pieces - the pieces of a request's body, as they come

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>.

=cut
