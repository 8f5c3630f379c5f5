# frozen_string_literal: true

require_relative 'support'
require 'digest'

# A Sinatra application is served the same as by its own server, Puma.
class SinatraTest < BrokerTest
  shares_broker web: true

  FORM = { 'Content-Type' => 'application/x-www-form-urlencoded' }.freeze
  # Of which the server, and not the application, decides.
  THEIRS = %w[date server connection keep-alive transfer-encoding content-length].freeze
  BOUNDARY = '----boundary'
  BIG = Random.bytes(1_000_000)
  PARTS = [['name="note"', 'caf\xc3\xa9'], ["name=\"small\"; filename=\"a.txt\"\r\nContent-Type: text/plain", 'hello'],
           ["name=\"big\"; filename=\"b.bin\"\r\nContent-Type: application/octet-stream", BIG]].freeze
  UPLOAD = PARTS.map { |head, body| "--#{BOUNDARY}\r\nContent-Disposition: form-data; #{head}\r\n\r\n".b + body.b + "\r\n" }
                .push("--#{BOUNDARY}--\r\n").join

  CASES = [
    ['GET', '/'], ['HEAD', '/'], ['GET', '/?q=%C3%A9+%26&x'], ['OPTIONS', '/form'],
    ['POST', '/form', 'b=1&a=%C3%A9&a=2&c[]=1&c[]=2', FORM], ['POST', '/form', '', FORM],
    ['POST', '/upload', UPLOAD, { 'Content-Type' => "multipart/form-data; boundary=#{BOUNDARY}" }],
    ['POST', '/raw', 'x' * 300_000, { 'Content-Type' => 'text/plain' }],
    ['GET', '/login/me'], ['GET', '/whoami', nil, { 'Cookie' => 'theme=d%C3%BCster' }],
    ['GET', '/stream'], ['GET', '/long'], ['GET', '/file'], ['HEAD', '/file'],
    ['GET', '/file', nil, { 'Range' => 'bytes=10-19' }], ['GET', '/suite.ru'],
    ['GET', '/url/a%20b/caf%C3%A9//x?y=1'], ['GET', '/url/a%2Fb'],
    ['GET', '/cached'], ['GET', '/cached', nil, { 'If-None-Match' => '"one"' }],
    ['GET', '/empty'], ['GET', '/gone'], ['GET', '/fails'], ['GET', '/nowhere'], ['PUT', '/form', 'x', FORM]
  ].freeze

  def setup
    super
    @wrapper = wrapper(shared, 'apps/sinatra.ru', '--workers', '2')
    @web = Support::Web.new(shared.web)
  end

  def test_it_is_served_the_same
    own = own_server
    CASES.each do |method, target, body, headers|
      ours, theirs = [@web, own].map { |web| ask(web, method, target, body, headers || {}) }
      assert_equal theirs, ours, "#{method} #{target}"
    end
  end

  def test_a_session
    response = @web.get('/login/me')
    cookies = response.get_fields('Set-Cookie').map { |cookie| cookie[/\A[^;]+/] }
    assert_equal 3, cookies.size
    assert_equal "me d\u00fcster", @web.get('/whoami', 'Cookie' => cookies.join('; ')).body.force_encoding('UTF-8')
  end

  def test_a_chunked_upload
    request = Net::HTTP::Post.new('/raw', 'Transfer-Encoding' => 'chunked', 'Content-Type' => 'text/plain', 'Host' => 'a')
    request.body_stream = StringIO.new('x' * 200_000)
    assert_equal [200_000, '200000'], JSON.parse(@web.ask(request).body).values_at('bytes', 'length')
  end

  def test_an_error_page_and_its_trace
    response = @web.get('/fails')
    assert_equal ['500', '<h1>Sorry: RuntimeError</h1>'], [response.code, response.body]
    @wrapper.says(/on purpose/)
  end

  private

  def own_server
    path = File.join(@folder, 'puma')
    puma = Support::Launched.new('puma', '--quiet', '-e', 'production', '-b', "unix://#{path}",
                                 File.join(HERE, 'apps/sinatra.ru'), env: { 'RUBYOPT' => nil })
    @ends << -> { puma.end }
    eventually { File.socket?(path) && UNIXSocket.new(path).close.nil? }
    Support::Web.new(path)
  end

  def ask(web, method, target, body, headers)
    kind = Net::HTTP.const_get(method.capitalize)
    request = kind.new(target, { 'Host' => 'example.org', 'Accept-Encoding' => 'identity' }.merge(headers))
    request.body = body
    response = web.ask(request)
    named = response.each_capitalized.reject { |name, _| THEIRS.include?(name.downcase) }
    named = named.map { |name, value| [name, name == 'Set-Cookie' ? unsigned(value) : value] }
    [response.code, response.message, named.sort, response.body]
  end

  def unsigned(cookies)
    cookies.gsub(/(rack\.session=)[^;]+/, '\1').gsub(/(expires=)[^;]+/, '\1')
  end
end
