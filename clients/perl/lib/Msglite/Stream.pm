package Msglite::Stream;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Scalar::Util qw(weaken);

use Msglite::Arguments qw(bad);
use Msglite::Error;
use Msglite::Link;
use Msglite::Message;

# wanted: addresses, lease, concurrency, count (undef: no end), timeout (undef: no end); `kept`: leases are extended.
sub new ($class, $client, $wanted, $kept) {
    my $link = $client->link;
    return bless {
        client   => $client,
        link     => $link,
        wanted   => $wanted,
        kept     => $kept,
        left     => $wanted->{count},
        due      => defined $wanted->{timeout} ? Msglite::Link::now() + $wanted->{timeout} : undef,
        receives => {},
        asked    => 0,
        out      => {},
        ready    => [],
        process  => $$,
    }, $class;
}

sub next ($self, $timeout = undef) {
    my $due = defined $timeout ? Msglite::Link::now() + $timeout : undef;
    for (;;) {
        $self->_ask;
        if (my $message = shift @{ $self->{ready} }) {
            next if !$message->is_ours;
            return $message;
        }
        if (my $error = $self->{error}) { die $error }
        return if !%{ $self->{receives} } && $self->_is_over;
        bad('next message wanted while as many as may be at a time are neither done nor given back') if !$self->{asked};
        my $left = defined $due ? $due - Msglite::Link::now() : undef;
        return if defined $left && $left <= 0;
        $self->{link}->step($left);
    }
}

sub is_over ($self) { return !@{ $self->{ready} } && !%{ $self->{receives} } && $self->_is_over }

# Takes no more; what is on its way still comes.
sub stop ($self) {
    $self->{stopped} = 1;
    $self->{link}->withdraw($_) for values %{ $self->{receives} };
    return;
}

# Messages that are ours, seen or not.
sub out ($self) { return scalar keys %{ $self->{out} } }

sub _is_over ($self) { return $self->{stopped} || defined $self->{left} && !$self->{left} }

sub _ask ($self) {
    return if $self->_is_over;
    my $count = $self->{wanted}{concurrency} - keys(%{ $self->{out} }) - $self->{asked};
    $count = $self->{left} if defined $self->{left} && $self->{left} < $count;
    return if $count <= 0;
    $self->{left} -= $count if defined $self->{left};
    $self->{asked} += $count;
    my $timeout = $self->{wanted}{timeout};
    if ($timeout) {
        $timeout = $self->{due} - Msglite::Link::now();
        $timeout = 0.001 if $timeout < 0.001;
    }
    weaken(my $weak = $self);
    my $receive;
    $receive = $self->{link}->receive(
        { %{ $self->{wanted} }, count => $count, timeout => $timeout },
        sub ($delivery) { $weak->_taken($delivery) if $weak },
        sub (@why) { $weak->_ended($receive, @why) if $weak; undef $receive },
    );
    $self->{receives}{$receive} = $receive if $receive->{state} ne 'over';
    return;
}

sub _taken ($self, $delivery) {
    $self->{asked}--;
    $self->{out}{ $delivery->{name} } = $delivery;
    weaken(my $weak   = $self);
    weaken(my $client = $self->{client});
    push @{ $self->{ready} }, Msglite::Message->new($delivery, $client, sub ($ended) { $weak->_release($ended) if $weak });
    $delivery->{on_lost} = sub ($lost) {
        $weak->_release($lost) if $weak;

        # One that nobody has seen nobody misses.
        return if !$client || $weak && grep { $_->{delivery} == $lost } @{ $weak->{ready} };
        $client->lease_lost(Msglite::Message->new($lost, $client), !!$lost->{end});
    };
    $self->{link}->keep_on($delivery) if $self->{kept};
    return;
}

sub _release ($self, $delivery) {
    delete $self->{out}{ $delivery->{name} };
    return;
}

sub _ended ($self, $receive, $code = undef, $text = undef) {
    my $known = delete $self->{receives}{$receive};
    $self->{asked} -= $receive->{left};
    $self->{error} //= Msglite::Error->new($code, $text) if defined $code;
    $self->stop if $known && $receive->{left};
    return;
}

# Gives back what was taken and not seen.
sub DESTROY ($self) {
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT' || $self->{process} != $$ || $self->{link}{pid} != $$;
    $self->stop;
    $self->{link}->give_back($_->{delivery}) for grep { $_->is_ours } @{ $self->{ready} };
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Stream - leased messages, one after the other

=head1 SYNOPSIS

  my $jobs = $client->receive('jobs', lease => 60);
  while (my $job = $jobs->next) {
      work_on($job->body);
      $job->done;
  }

=head1 METHODS

=head2 next($timeout)

The next message, a L<Msglite::Message>; undef when there will be none any more, or none came in so many seconds. Dies with
a L<Msglite::Error> if the broker refused.

=head2 is_over

Whether there will be none any more.

=head2 stop

Takes no more. What is on its way still comes from C<next>, which then returns undef.

A stream that is let go of gives back what it took and nobody has seen.

=cut
