package Msglite::PSGI::Responder;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

use Exporter 'import';
use Plack::Util ();
use Scalar::Util qw(blessed);

our @EXPORT_OK = qw(respond);

use constant PIECE => 64 * 1024;

# What the application returned becomes the reply.
sub respond ($reply, $response, $streaming = 0) {
    return _respond_later($reply, $response, $streaming) if ref $response ne 'ARRAY';
    my ($status, $headers, $body) = @$response;
    if (ref $body eq 'ARRAY') {
        $reply->head($status, $headers);
        return $reply->whole(join '', @$body);
    }

    # Something may come between this and the first piece.
    $reply->head($status, [@$headers]);
    if (@$response == 2 && $streaming) { return Msglite::PSGI::Writer->new($reply) }
    die "the body of a response is a list or a file handle\n" if !ref $body;

    # It is closed whatever happens.
    my $done  = eval { _handle($reply, $body); 1 };
    my $error = $@;
    eval { $body->close };
    die $error if !$done;
    return;
}

sub _respond_later ($reply, $response, $streaming) {
    die 'the application returned no response: ' . ($response // 'undef') . "\n" if $streaming || !_is_code($response);
    $response->(sub ($given) { return respond($reply, $given, 1) });
    die "the application did not answer\n" if !$reply->has_head;
    $reply->finish;
    return;
}

sub _is_code ($thing) { return ref $thing eq 'CODE' || blessed $thing && overload::Method($thing, '&{}') }

sub _handle ($reply, $body) {
    return $reply->finish if $reply->has_no_body;
    local $/ = \(PIECE);
    my $first = $body->getline;

    # A small file is one message.
    if (Plack::Util::is_real_fh($body)) {
        return $reply->whole($first // '') if !defined $first || eof $body;
    }
    for (my $piece = $first; defined $piece; $piece = $body->getline) { $reply->write($piece) }
    return $reply->finish;
}

package Msglite::PSGI::Writer;

sub new ($class, $reply) { return bless { reply => $reply }, $class }

sub write ($self, $bytes) {
    $self->{reply}->write($bytes);
    return 1;
}

sub close ($self) {
    $self->{reply}->finish;
    return 1;
}

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::PSGI::Responder - from PSGI responses to messages

=head1 DESCRIPTION

Inside of L<Plack::Handler::Msglite>.

=cut
