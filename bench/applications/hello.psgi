# Hello world, for servers of PSGI.
sub { return [ 200, [ 'Content-Type' => 'text/plain', 'Content-Length' => 14 ], ["Hello, world!\n"] ] };
