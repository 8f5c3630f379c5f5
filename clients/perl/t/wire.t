# What is on the wire: the fixtures that all clients share.
use 5.026;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";

use Msglite::Decoder;
use Msglite::Wire qw(:DEFAULT encode_hello encode_send encode_receive encode_take_back encode_done encode_give_back
    encode_keep encode_control encode_seconds GOODBYE);
use MsgliteTest qw(fixtures);

my %NAMES = (reply_to => 'replyTo', sent_to => 'sentTo', name => 'delivery');

# As the fixtures say it: in milliseconds, and in their spelling.
sub told {
    my ($frame) = @_;
    my %told = map { ($NAMES{$_} // $_, $frame->{$_}) } grep { defined $frame->{$_} } keys %$frame;
    $told{timeout} = 0 + sprintf '%.0f', 1000 * $told{timeout} if defined $told{timeout};
    return \%told;
}

sub decode {
    my ($fixture, @pieces) = @_;
    my $limits  = $fixture->{limits} // {};
    my $decoder = Msglite::Decoder->new(line => $limits->{line} // 8192, body => $limits->{body} // 16_777_216);
    my @frames;
    for my $piece (@pieces) {
        $decoder->push_bytes($piece);
        while (my $frame = $decoder->next_frame) { push @frames, told($frame) }
    }
    return \@frames;
}

# For comparing quickly.
sub text {
    my ($value) = @_;
    return '[' . join(',', map { text($_) } @$value) . ']' if ref $value eq 'ARRAY';
    return '{' . join(',', map { "$_=" . text($value->{$_}) } sort keys %$value) . '}' if ref $value;
    return "'$value'";
}

subtest 'answers are decoded, in whatever pieces they come' => sub {
    for my $fixture (fixtures('wire/part2-answers.json')) {
        my ($name, $bytes, $frames) = @$fixture{qw(name bytes frames)};
        is_deeply decode($fixture, $bytes), $frames, $name;
        is_deeply decode($fixture, split //, $bytes), $frames, "$name, byte by byte";
        my $expected = text($frames);
        my @wrong = grep { text(decode($fixture, substr($bytes, 0, $_), substr $bytes, $_)) ne $expected }
            1 .. length($bytes) - 1;
        is "@wrong", '', "$name, split anywhere";
    }
};

# A command as the client would say it.
sub encode {
    my ($frame) = @_;
    my ($kind, $tag) = @$frame{qw(kind tag)};
    my $seconds = sub { defined $_[0] ? $_[0] / 1000 : undef };
    return encode_hello($tag, $frame->{token}, $seconds->($frame->{idle})) if $kind eq 'hello';
    return encode_take_back($tag) if $kind eq 'take-back';
    return encode_done($frame->{delivery}) if $kind eq 'done';
    return encode_give_back($frame->{delivery}, $seconds->($frame->{delay})) if $kind eq 'give-back';
    return encode_keep($frame->{delivery}, $seconds->($frame->{lease})) if $kind eq 'keep';
    return GOODBYE if $kind eq 'goodbye';
    if ($kind eq 'send') {
        my %options = %{ $frame->{options} };
        return encode_send($tag, {
            %options, to => $frame->{to}, reply_to => $frame->{replyTo}, body => $frame->{body},
            timeout => $seconds->($frame->{timeout}), delay => $seconds->($options{delay}),
        });
    }
    if ($kind eq 'receive') {
        return encode_receive($tag, {
            %$frame, timeout => $seconds->($frame->{timeout}), lease => $seconds->($frame->{lease}),
        });
    }
    my $control = $frame->{control};
    my $command = $control->{command};
    my @words   = grep { defined && $_ ne '' } @$control{qw(prefix address id)};
    push @words, "after=$control->{after}" if ($control->{after} // '') ne '';
    push @words, $control->{count} if defined $control->{count} && !($command eq 'peek' && $control->{count} == 1);
    return encode_control($tag, $command, @words);
}

# A number as short as it can be.
sub short {
    my ($number) = @_;
    $number =~ s/\A0+(?=\d)//;
    $number =~ s/(\.\d*?)0+\z/$1/;
    return $number =~ s/\.\z//r;
}

# The same, whichever way it is written: line ends, blanks, the order of options, and those that say what is so anyway.
sub normal {
    my ($bytes) = @_;
    my %needless = map { $_ => 1 } 'receipt=taken', 'once=0', 'attempts=5', 'count=1', 'delay=0';
    my $text = '';
    while ($bytes =~ s/\A(.*?)\r?\n//s) {
        my @words = grep { $_ ne '' } split /[ \t]+/, $1 or next;
        my $sign  = $words[0];
        my $fixed = $sign eq '>>' ? 6 : 3;
        my @rest  = splice @words, $fixed;
        my @options;
        if ($sign =~ /\A(?:>>|<<|!!)\z/) {
            push @words, grep { !/=/ } @rest;
            @options = sort grep { !$needless{$_} } map { s/\A(delay|lease|idle|count|attempts)=(.*)/"$1=" . short($2)/er } grep { /=/ } @rest;
            @rest = ();
        }
        pop @rest if $sign eq '==' && $words[2] eq 'peek' && ($rest[1] // '') eq '1';
        $_ = short($_) for grep { /\A[\d.]+\z/ } @words[ 2 .. $#words ];
        pop @words if $sign eq '--' && ($words[2] // '') eq '0';
        $text .= join(' ', @words, @rest, @options) . "\n";
        next if $sign ne '>>' || !$words[2];
        $text .= substr($bytes, 0, $words[2], '') . "\n";
        $bytes =~ s/\A\r?\n//;
    }
    return $text;
}

subtest 'commands are written as they are read' => sub {
    my $tried = 0;
    for my $fixture (fixtures('wire/part2-commands.json')) {
        my ($name, $bytes, $frames) = @$fixture{qw(name bytes frames)};
        next if grep { $_->{kind} eq 'refused' } @$frames;
        # One that is not whole yet says nothing.
        next if !@$frames;
        is normal(join '', map { encode($_) } @$frames), normal($bytes), $name;
        $tried++;
    }
    cmp_ok $tried, '>', 50, 'there are fixtures';
};

subtest 'seconds are as short as they can be' => sub {
    is_deeply [ map { encode_seconds($_) } 0, 0.001, 0.01, 0.1, 1, 1.5, 1.05, 60, 999_999_999.999, 0.0002, 1.0005, 0.3, 100 ],
        [qw(0 0.001 0.01 0.1 1 1.5 1.05 60 999999999.999 0.001 1.001 0.3 100)];
    is encode_seconds(undef), '999999999.999', 'for ever';
};

done_testing;
