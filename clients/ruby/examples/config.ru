# frozen_string_literal: true

# msglite-rackup examples/config.ru, beside: msglite up --http-address 127.0.0.1:8080

# Counts down, a line a second, until it is over or nobody listens any more.
countdown = Enumerator.new do |parts|
  10.downto(0) do |n|
    parts << "#{n}\n"
    sleep 1
  end
end

run(lambda do |env|
  case env['PATH_INFO']
  when '/countdown' then [200, { 'content-type' => 'text/plain' }, countdown]
  when '/upload' then [200, { 'content-type' => 'text/plain' }, ["#{env['rack.input'].read.bytesize} bytes\n"]]
  else [200, { 'content-type' => 'text/plain' }, ["hello from process #{Process.pid}\n"]]
  end
end)
