# An application of Dancer2 that knows nothing of msglite.
package Shop;

use Dancer2;
use Digest::MD5 qw(md5_hex);

set log           => 'core';
set logger        => 'null';
set show_errors   => 0;
set show_stacktrace => 0;
set session       => 'Simple';
set charset       => 'UTF-8';

get '/' => sub { 'Hello, ' . (query_parameters->get('name') // 'world') . '!' };

post '/form' => sub {
    my $form = body_parameters;
    return join '&', map { "$_=" . join ',', $form->get_all($_) } sort keys %$form;
};

post '/upload' => sub {
    my $upload = upload('file');
    content_type 'text/plain';
    return join ' ', $upload->filename, $upload->size, $upload->type, md5_hex($upload->content), body_parameters->get('note');
};

get '/login' => sub {
    cookie plain => 'a b', path => '/';
    redirect '/me';
};

get '/me' => sub { cookie('plain') // 'none' };

get '/stream' => sub {
    delayed {
        response_header 'Content-Type' => 'text/plain';
        flush;
        content "part $_\n" for 1 .. 5;
        done;
    };
};

get '/large' => sub { content_type 'text/plain'; join '', map { "line $_\n" } 1 .. 50_000 };

get '/fail' => sub { die 'a secret of the application' };

__PACKAGE__->to_app;
