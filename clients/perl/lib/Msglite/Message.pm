package Msglite::Message;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Msglite::Arguments qw(bad seconds);
use Msglite::Error;

sub new ($class, $delivery, $client, $released = undef) {
    return bless { delivery => $delivery, client => $client, released => $released }, $class;
}

sub to       ($self) { return $self->{delivery}{to} }
sub reply_to ($self) { return $self->{delivery}{reply_to} }
sub timeout  ($self) { return $self->{delivery}{timeout} }
sub body     ($self) { return $self->{delivery}{body} }
sub attempt  ($self) { return $self->{delivery}{attempt} }
sub id       ($self) { return $self->{delivery}{id} }
sub sent_to  ($self) { return $self->{delivery}{sent_to} }

sub text ($self) {
    my $text = $self->body;
    return utf8::decode($text) ? $text : $self->body;
}

sub reply ($self, $body, %options) {
    my $to = $self->reply_to // bad('this message awaits no answer');
    return $self->{client}->send($to, $body, %options);
}

sub is_ours ($self) { return defined $self->{delivery}{name} && $self->{delivery}->is_ours }

sub done ($self) {
    $self->_end(sub ($link, $delivery) { $link->done($delivery) });
    return;
}

sub give_back ($self, $delay = 0) {
    seconds('a delay', $delay);
    $self->_end(sub ($link, $delivery) { $link->give_back($delivery, $delay) });
    return;
}

sub keep ($self, $seconds) {
    seconds('a lease', $seconds, 0.001);
    my $delivery = $self->{delivery};
    _lost() if $delivery->{lost};
    my $link = $self->{client}->link;
    $link->keep($delivery, $seconds);
    $link->step(0);
    return;
}

sub _end ($self, $how) {
    my $delivery = $self->{delivery};
    bad('this message has no lease') if !defined $delivery->{name};
    _lost() if $delivery->{lost};
    return if $delivery->{end};
    $how->($self->{client}->link, $delivery);
    $self->{released}->($delivery) if $self->{released};
    return;
}

sub _lost {
    Msglite::Error->throw('no-such-delivery', 'the lease was lost: the message goes to somebody else, or comes again');
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Message - a message that was received

=head1 SYNOPSIS

  my $job = $jobs->next;
  work_on($job->body);
  $job->reply('worked') if defined $job->reply_to;
  $job->done;

=head1 METHODS

=head2 to, reply_to, timeout, body, attempt, id, sent_to

The address it was at, label included; where its sender awaits an answer, or undef; its timeout in seconds, as it was
sent; its bytes; which of its deliveries this is, 1 for the first; its sender's name for it, or undef; of a dead letter
the address to which it was sent.

=head2 text

The body as characters, decoded from UTF-8 if it is that.

=head2 reply($body, %options)

Sends to C<reply_to>, as L<Msglite::Client/send> does. Dies with C<bad-argument> if no answer is awaited.

=head2 done

Of a leased message: it is finished. The broker does not answer; it is said again after a lost connection, and
L<Msglite::Client/flush> tells when it is certain. It leaves with the next call that waits for something. A second call
does nothing. Dies with C<no-such-delivery> if the lease was lost: somebody else has the message.

=head2 give_back($delay)

Somebody shall have it, now or after so many seconds. Dies as C<done>.

=head2 keep($seconds)

The lease ends so many seconds from now. Call it now and then where work takes longer than the lease. Dies as C<done>.

=head2 is_ours

False once it is done, given back, or its lease is known to be lost.

=cut
