# An application of Mojolicious that knows nothing of msglite.
use Mojolicious::Lite -signatures;

app->log->level('fatal');
app->secrets(['not a secret']);
app->mode('production');

get '/' => sub ($c) { $c->render(text => 'Hello, ' . ($c->param('name') // 'world') . '!') };

post '/form' => sub ($c) {
    $c->render(text => join '&', map { "$_=" . join ',', @{ $c->every_param($_) } } sort @{ $c->req->params->names });
};

post '/upload' => sub ($c) {
    my $upload = $c->req->upload('file');
    $c->render(json => {
        name => $upload->filename, size => $upload->size, type => $upload->headers->content_type,
        md5 => Mojo::Util::md5_sum($upload->slurp), note => $c->param('note'),
    });
};

get '/login' => sub ($c) {
    $c->cookie(plain => 'a b', { path => '/' });
    $c->session(user => 'sam');
    $c->redirect_to('/me');
};

get '/me' => sub ($c) { $c->render(text => join ' ', $c->session('user') // 'nobody', $c->cookie('plain') // 'none') };

get '/stream' => sub ($c) {
    $c->res->headers->content_type('text/plain');
    my $n = 0;
    my $next;
    $next = sub ($c, @) { $n++ < 5 ? $c->write_chunk("part $n\n", $next) : $c->finish };
    $c->$next;
};

get '/large' => sub ($c) { $c->render(data => join '', map { "line $_\n" } 1 .. 50_000) };

get '/fail' => sub ($c) { die 'a secret of the application' };

get '/caf#e' => { e => "\x{e9}" } => sub ($c) { $c->render(text => "caf\x{e9} \x{263a}") };

app->start;
