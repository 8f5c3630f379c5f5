# frozen_string_literal: true

# The cases of Plack::Test::Suite, written anew for Rack: what the applications do. Which one is told by X-Case.

require 'rack/lint'
require 'rack/request'
require 'tempfile'

PLAIN = { 'content-type' => 'text/plain' }.freeze
JPEG = ((0..255).to_a.pack('C*') * 12).byteslice(0, 2898)
BIGGER = ((0..250).to_a.pack('C*') * 59).byteslice(0, 14_750)

# In place of Perl's file handles.
class FileBody
  def initialize(bytes)
    @file = Tempfile.new('suite', binmode: true)
    @file.write(bytes)
    @file.rewind
  end

  def each
    while (part = @file.read(1000))
      yield part
    end
  end

  def close
    @file.close!
  end
end

# The same with a path.
class PathBody < FileBody
  def to_path
    @file.path
  end
end

# Says on the log that it was closed.
class Counted
  def each
    1.upto(4) { |n| yield n.to_s }
  end

  def close
    warn 'closed'
  end
end

def text(body, headers = {}, status = 200)
  [status, PLAIN.merge(headers), [body]]
end

CASES = {
  'script name' => ->(env) { text("script_name=#{env['SCRIPT_NAME']}") },
  'query' => ->(env) { text("Hello, #{env['QUERY_STRING']}") },
  'post' => lambda do |env|
    headers = { 'client-content-length' => env['CONTENT_LENGTH'], 'client-content-type' => env['CONTENT_TYPE'] }
    text("Hello, #{env['rack.input'].read(env['CONTENT_LENGTH'].to_i)}", headers)
  end,
  'big post' => lambda do |env|
    parts = []
    parts << env['rack.input'].read(10_000) while parts.sum(&:bytesize) < env['CONTENT_LENGTH'].to_i
    [200, PLAIN.merge('client-content-length' => env['CONTENT_LENGTH']), [parts.join]]
  end,
  'scheme' => ->(env) { text(env['rack.url_scheme']) },
  'each' => ->(_) { [200, PLAIN.dup, FileBody.new(File.binread(__FILE__))] },
  'file' => lambda do |_|
    [200, { 'content-type' => 'image/jpeg', 'content-length' => JPEG.bytesize.to_s }, FileBody.new(JPEG)]
  end,
  'bigger file' => lambda do |_|
    [200, { 'content-type' => 'image/jpeg', 'content-length' => BIGGER.bytesize.to_s }, FileBody.new(BIGGER)]
  end,
  'header' => ->(env) { text(env['HTTP_FOO']) },
  'cookie' => ->(env) { text(env['HTTP_COOKIE'], 'x-cookie' => env.key?('COOKIE') ? '1' : '0') },
  'environment' => lambda do |env|
    names = %w[REQUEST_METHOD SCRIPT_NAME PATH_INFO QUERY_STRING SERVER_NAME SERVER_PORT]
    text(names.map { |name| "#{name}:#{env[name]}\n" }.join)
  end,
  'path' => ->(env) { text(env['PATH_INFO']) },
  'protocol' => ->(env) { text(env['SERVER_PROTOCOL']) },
  'script name is there' => ->(env) { text(env['SCRIPT_NAME'].is_a?(String) ? '1' : '0') },
  'close' => ->(_) { [200, PLAIN.dup, Counted.new] },
  'errors' => lambda do |env|
    env['rack.errors'].puts('written to rack.errors')
    text('1')
  end,
  'one' => ->(_) { text('1') },
  'dies' => ->(_) { raise 'on purpose' },
  'repeated in the response' => ->(_) { text('hi', 'x-foo' => "foo\nbar, baz") },
  'not modified' => ->(_) { [304, {}, []] },
  'uri' => ->(env) { text(env['REQUEST_URI']) },
  'file with a path' => lambda do |_|
    [200, { 'content-type' => 'image/jpeg', 'content-length' => JPEG.bytesize.to_s }, PathBody.new(JPEG)]
  end,
  'stream' => lambda do |env|
    [200, PLAIN.dup, Enumerator.new { |parts| parts << 'Hello, ' << env['QUERY_STRING'] }]
  end,
  'looks like a head' => ->(_) { text("Foo: Bar\r\n\r\nHello World") },
  'newlines' => ->(_) { text("Bar\nBaz") },
  'not found' => ->(_) { text('Not Found', {}, 404) },
  'seekable' => lambda do |env|
    request = Rack::Request.new(env)
    first = request.body.read
    request.body.rewind
    text(first + request.body.read)
  end,
  'content of a GET' => ->(env) { text("OK#{Rack::Request.new(env).body.read}") },
  'authorization' => lambda do |env|
    text(env['HTTP_AUTHORIZATION'] || 'no_auth', 'x-authorization' => env.key?('HTTP_AUTHORIZATION') ? '1' : '0')
  end
}.freeze

use Rack::Lint
run(->(env) { CASES.fetch(env['HTTP_X_CASE']).call(env) })
