# frozen_string_literal: true

# Hello world, for servers of Rack.
run ->(_env) { [200, { 'Content-Type' => 'text/plain', 'Content-Length' => '14' }, ["Hello, world!\n"]] }
