package Msglite::Delivery;

use 5.026;
use warnings;
use feature 'signatures';
no warnings 'experimental::signatures';

# A message that came: what the decoder gave, `name` of the lease among it, with its @, and `lease` in seconds.
# `end`: how it ended, as the broker is told; undef: it is ours. `lost`: its lease is. `repeated`: its end was said on an
# earlier connection already. `kept`: its lease is extended, from `kept_at` on. `refused`: why something that was sent under
# it was not taken.
sub is_ours ($self) { return !$self->{end} && !$self->{lost} }

1;

__END__

=encoding UTF-8

=head1 NAME

Msglite::Delivery - a message that came, and its lease

=head1 DESCRIPTION

Inside of L<Msglite::Client>. What programs see is a L<Msglite::Message>.

=cut
