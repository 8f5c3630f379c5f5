# frozen_string_literal: true

require_relative 'support'
require 'digest'

# The 36 cases of Plack::Test::Suite, written anew for Rack, under Rack::Lint, through a proxy.
class SuiteTest < BrokerTest
  shares_broker web: true

  def self.wrapper
    @wrapper ||= Support::Wrapper.new(shared, 'apps/suite.ru', '--workers', '1').tap do |wrapper|
      Minitest.after_run { wrapper.end }
    end
  end

  def setup
    super
    @wrapper = self.class.wrapper
    @web = Support::Web.new(shared.web)
  end

  def test_01_script_name
    well 'script_name=', get('script name')
  end

  def test_02_get
    well 'Hello, name=miyagawa', get('query', '/?name=miyagawa')
  end

  def test_03_post
    response = post('post', 'name=tatsuhiko', 'application/x-www-form-urlencoded')
    well 'Hello, name=tatsuhiko', response
    assert_equal %w[14 application/x-www-form-urlencoded],
                 [response['Client-Content-Length'], response['Client-Content-Type']]
  end

  def test_04_big_post
    body = 'abcdefgh' * 12_000
    response = post('big post', body, 'application/octet-stream')
    assert_equal '200 OK', "#{response.code} #{response.message}"
    assert_equal body.bytesize.to_s, response['Client-Content-Length']
    assert_equal Digest::MD5.hexdigest(body), Digest::MD5.hexdigest(response.body)
  end

  def test_05_url_scheme
    well 'http', post('scheme', '', 'text/plain')
  end

  def test_06_a_body_that_is_read_by_each
    well File.binread(File.join(HERE, 'apps/suite.ru')), get('each')
  end

  def test_07_a_file
    response = get('file', '/foo.jpg')
    assert_equal ['200', 'OK', 'image/jpeg', 2898],
                 [response.code, response.message, response['Content-Type'], response.body.bytesize]
  end

  def test_08_a_bigger_file
    response = get('bigger file', '/baybridge.jpg')
    assert_equal ['200', 'image/jpeg', 14_750], [response.code, response['Content-Type'], response.body.bytesize]
    expected = ((0..250).to_a.pack('C*') * 59).byteslice(0, 14_750)
    assert_equal Digest::MD5.hexdigest(expected), Digest::MD5.hexdigest(response.body)
  end

  def test_09_a_header
    well 'Bar', get('header', '/foo/?dankogai=kogaidan', 'Foo' => 'Bar')
  end

  def test_10_a_cookie
    well 'foo', get('cookie', '/foo/?dankogai=kogaidan', 'Cookie' => 'foo')
  end

  def test_11_the_environment
    well "REQUEST_METHOD:GET\nSCRIPT_NAME:\nPATH_INFO:/foo/\nQUERY_STRING:dankogai=kogaidan\n" \
         "SERVER_NAME:127.0.0.1\nSERVER_PORT:8080\n",
         get('environment', '/foo/?dankogai=kogaidan', 'Host' => '127.0.0.1:8080')
  end

  # PSGI has it decoded, Rack as it came; but for that the next three are the same.
  def test_12_escapes_in_the_path
    well '/foo/bar%2cbaz', get('path', '/foo/bar%2cbaz')
  end

  def test_13_double_escapes_in_the_path
    well '/foo/bar%252cbaz', get('path', '/foo/bar%252cbaz')
  end

  def test_14_escapes_of_other_bytes_in_the_path
    well '/foo%E3%81%82', get('path', '/foo%E3%81%82')
  end

  def test_15_the_protocol
    response = get('protocol', '/foo/?dankogai=kogaidan')
    assert_equal ['200', 'text/plain'], [response.code, response['Content-Type']]
    assert_match(%r{\AHTTP/1\.[01]\z}, response.body)
  end

  def test_16_the_script_name_is_there
    well '1', get('script name is there', '/foo/?dankogai=kogaidan')
  end

  def test_17_close_is_called_after_reading
    well '1234', get('close', '/call_close')
    @wrapper.says(/^closed$/)
  end

  def test_18_errors_can_be_written
    well '1', get('errors', '/has_errors')
    @wrapper.says(%r{^written to rack.errors$})
  end

  def test_19_the_status_line
    response = get('one', '/foo/?dankogai=kogaidan')
    assert_equal '200 OK', "#{response.code} #{response.message}"
  end

  def test_20_an_application_that_dies
    response = get('dies')
    assert_equal '500 Internal Server Error', "#{response.code} #{response.message}"
    refute_match(/purpose|suite\.ru/, response.body)
    @wrapper.says(/on purpose \(RuntimeError\)/)
    well '1', get('one')
  end

  def test_21_headers_that_are_repeated
    request = Net::HTTP::Get.new('/', 'X-Case' => 'header', 'Host' => '127.0.0.1')
    request.add_field('Foo', 'bar')
    request.add_field('Foo', 'baz')
    assert_match(/\Abar,\s*baz\z/, @web.ask(request).body)
  end

  def test_22_headers_that_are_repeated_in_the_response
    assert_match(/\Afoo,\s*bar,\s*baz\z/, get('repeated in the response')['X-Foo'])
  end

  def test_23_no_cookie_of_another_name
    response = get('cookie', '/', 'Cookie' => 'foo=bar')
    assert_equal ['0', 'foo=bar'], [response['X-Cookie'], response.body]
  end

  def test_24_no_headers_of_a_body_with_304
    response = get('not modified')
    assert_equal ['304', 'Not Modified', nil], [response.code, response.message, response.body]
    assert_equal [nil, nil, nil], %w[Content-Type Content-Length Transfer-Encoding].map { |name| response[name] }
  end

  def test_25_the_uri
    well '/foo/bar%20baz%73?x=a', get('uri', '/foo/bar%20baz%73?x=a')
  end

  def test_26_a_file_with_a_path
    response = get('file with a path', '/foo.jpg')
    assert_equal ['200', 'image/jpeg', 2898], [response.code, response['Content-Type'], response.body.bytesize]
  end

  def test_27_a_long_header
    well 'abcdefgh' * 16, get('header', '/', 'Foo' => 'abcdefgh' * 16)
  end

  # PSGI's delayed response: in Rack every body may come later.
  def test_28_a_body_that_comes_later
    well 'Hello, name=miyagawa', get('query', '/?name=miyagawa')
  end

  def test_29_a_stream
    well 'Hello, name=miyagawa', get('stream', '/?name=miyagawa')
  end

  def test_30_a_body_that_looks_like_a_head
    response = get('looks like a head')
    assert_nil response['Foo']
    well "Foo: Bar\r\n\r\nHello World", response
  end

  def test_31_newlines
    assert_equal 7, get('newlines').body.bytesize
  end

  def test_32_not_found
    response = get('not found')
    assert_equal ['404', 'Not Found', 'Not Found'], [response.code, response.message, response.body]
  end

  def test_33_a_body_can_be_read_again
    well 'bodybody', post('seekable', 'body', 'text/plain')
  end

  def test_34_the_body_of_a_get
    well 'OK', get('content of a GET')
  end

  def test_35_authorization
    response = get('authorization', '/', 'Authorization' => 'Basic XXXX')
    assert_equal ['1', 'Basic XXXX'], [response['X-Authorization'], response.body]
    response = get('authorization')
    assert_equal %w[0 no_auth], [response['X-Authorization'], response.body]
  end

  def test_36_repeated_slashes
    well '//foo///bar/baz', get('path', '//foo///bar/baz')
  end

  private

  def get(name, target = '/', headers = {})
    @web.get(target, { 'X-Case' => name }.merge(headers))
  end

  def post(name, body, type)
    @web.post('/', body, 'X-Case' => name, 'Content-Type' => type)
  end

  def well(body, response)
    assert_equal ['200', 'OK', 'text/plain', body.b],
                 [response.code, response.message, response['Content-Type'], response.body.b], @wrapper.log
  end
end
