# frozen_string_literal: true

require_relative 'support'
require 'msglite/web'
require 'rack/lint'
require 'stringio'

# Web requests and answers, on the fixtures of all wrappers, against a broker: we are the proxy.
class HttpTest < BrokerTest
  shares_broker

  # What of the environment the fixtures tell.
  TOLD = /\A(?:HTTP_|CONTENT_|HTTPS\z)/.freeze

  def setup
    super
    @client = client(shared)
    @proxy = "~proxy#{object_id}"
    @handler = "web-#{object_id}"
    @labels = 0
    @log = StringIO.new
  end

  def test_requests
    seen = nil
    serve do |env|
      seen = env
      seen['body'] = env['rack.input'].read
      env['rack.input'].rewind
      seen['again'] = env['rack.input'].read
      [200, { 'content-type' => 'text/plain' }, ['ok']]
    end
    fixtures('http/requests.json', 'cases').each do |fixture|
      answer, ended = hear(ask(fixture['messages'])) { |found| found.size == 1 }
      assert_equal [1, 'done'], [answer.size, ended], fixture['name']
      check_environment(fixture, seen)
    end
    assert_equal 0, @client.control.queues(prefix: @handler)['queues'].sum { |queue| queue['messages'] }
  end

  # Host headers that Ruby's URI does not bear, and headers that are no CGI names, are not ours to hide.
  def test_requests_under_lint
    serve(app: Rack::Lint.new(->(env) { [200, { 'content-type' => 'text/plain' }, [env['rack.input'].read]] }))
    fixtures('http/requests.json', 'cases').each do |fixture|
      method = fixture['environment']['REQUEST_METHOD']
      next if method == 'HEAD'

      answer, = hear(ask(fixture['messages'])) { |found| found.size == (fixture['body'].empty? ? 1 : 2) }
      assert_match(/\A\["200"/, answer.first, "#{fixture['name']}\n#{@log.string}")
    end
  end

  def test_responses
    fixture = nil
    serve do |_|
      raise 'secret' if fixture['fails'] == 'at once'

      parts = fixture['body'].map { |part| bytes(text_of(part)) }
      body = fixture['kind'] == 'list' ? parts : stream(parts, fixture['fails'])
      # An array of pairs keeps the order, as a Hash does not.
      [fixture['status'], fixture['headers'].each_slice(2).map { |name, value| [name, bytes(value)] }, body]
    end
    fixtures('http/responses.json', 'cases').each do |one|
      fixture = one
      check_response(fixture)
    end
    assert_nil @client.ready(@proxy, timeout: 0), 'nothing more has come meanwhile'
  end

  def test_headers_of_rack_2_and_3
    serve { [200, { 'set-cookie' => "a=1\nb=2", 'x-list' => %w[c d], 'rack.hijack' => 'no', 'x-empty' => '' }, []] }
    answer, = hear(ask([request])) { |found| found.size == 1 }
    assert_equal ['200', ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-list', 'c', 'x-list', 'd', 'x-empty', '',
                          'Content-Length', '0']], JSON.parse(answer.first)
  end

  def test_answers_that_can_not_be_sent
    wrong = [[200, { "x-a\r\nx-b" => '1' }], [200, { 'x-a' => "1\r\nx-b: 2" }], [200, { 'x-a' => "1\0" }], [100, {}], ['no', {}],
             [200, { 'content-length' => '1x' }], [200, [%w[Content-Length 1], %w[content-length 2]]]]
    current = nil
    serve { [*current, ['x']] }
    wrong.each do |response|
      current = response
      answer, ended = hear(ask([request])) { |found| found.size == 1 }
      assert_equal '500', JSON.parse(answer.first.lines.first).first, response.inspect
      assert_equal 'done', ended
    end
  end

  def test_a_streaming_body_of_rack_3
    closed = Queue.new
    body = lambda do |stream|
      stream.flush
      stream << 'hello ' << stream.read
      stream.write('!', '!')
      stream.close
      closed << stream.closed?
    end
    serve { |env| [200, { 'content-type' => env['CONTENT_TYPE'] }, body] }
    answer, ended = hear(ask([request('POST', ['Content-Type', 'text/plain', 'Content-Length', '5'], 'world')])) do |found|
      found.last == ''
    end
    assert closed.pop
    assert_equal ["[\"200\",[\"content-type\",\"text/plain\"]]", 'hello ', 'world', '!', '!', ''], answer
    assert_equal 'done', ended
  end

  def test_a_file_is_read_in_pieces
    path = File.join(@folder, 'file')
    File.binwrite(path, Random.bytes(200_000))
    body = Struct.new(:to_path) do
      def each
        raise 'not asked for'
      end
    end
    serve { [200, {}, body.new(path)] }
    answer, = hear(ask([request])) { |found| found.size == 4 }
    head, _, first = answer.shift.partition("\n")
    assert_equal ['200', ['Content-Length', '200000']], JSON.parse(head)
    assert_equal File.binread(path), first + answer.join
  end

  def test_bodies_are_closed
    closed = Queue.new
    body = ['hello']
    body.define_singleton_method(:close) { closed << :closed }
    failing = Object.new
    failing.define_singleton_method(:each) { raise 'ouch' }
    failing.define_singleton_method(:close) { closed << :closed }
    current = body
    serve { [200, {}, current] }
    hear(ask([request])) { |found| found.size == 1 }
    assert_equal :closed, closed.pop
    current = failing
    hear(ask([request])) { |found| found.size == 1 }
    assert_equal :closed, closed.pop
    assert_match(/ouch/, @log.string)
  end

  def test_a_long_body_of_a_request
    length = 3 * 1024 * 1024
    whole = Random.bytes(length)
    seen = Queue.new
    serve do |env|
      input = env['rack.input']
      first = input.read(10)
      rest = String.new('replaced')
      input.read(length, rest)
      seen << [first + rest, input.read(1), input.read, input.eof?, input.size, input.external_encoding]
      input.rewind
      seen << [input.gets, input.pos] << input.each.to_a.join
      input.seek(-5, IO::SEEK_END)
      seen << input.read
      [200, {}, []]
    end
    address = "reply:#{object_id}"
    pieces = [*whole.scan(/.{1,65536}/mn), ''].map do |piece|
      { 'to' => address, 'body' => piece.dup.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8) }
    end
    answer, = hear(ask([request('PUT', ['Content-Length', length.to_s], '', 'bodyAddr' => address), *pieces])) do |found|
      found.size == 1
    end
    assert_match(/\A\["200"/, answer.first, @log.string)
    line = whole.lines.first
    assert_equal [whole, nil, '', true, length, Encoding::BINARY], seen.pop
    assert_equal [line, line.bytesize], seen.pop
    assert_equal whole.byteslice(line.bytesize..), seen.pop
    assert_equal whole[-5..], seen.pop
  end

  def test_what_is_not_read_of_a_request_does_not_stay
    serve { [200, {}, []] }
    address = "reply:#{object_id}"
    pieces = ['hello', ''].map { |piece| { 'to' => address, 'body' => piece } }
    hear(ask([request('PUT', ['Content-Length', '5'], '', 'bodyAddr' => address), *pieces])) { |found| found.size == 1 }
    eventually { @client.control.peek(address).empty? }
  end

  def test_a_client_that_has_gone
    parts = Queue.new
    closed = Queue.new
    body = Object.new
    body.define_singleton_method(:each) do |&block|
      while (part = parts.pop)
        block.call(part)
      end
    end
    body.define_singleton_method(:close) { closed << :closed }
    departure = nil
    serve do |env|
      departure = env['msglite.departure']
      [200, {}, body]
    end
    address = "cancel-#{object_id}"
    label = ask([request('GET', [], '', 'cancelAddr' => address)])
    parts << 'hello'
    hear(label) { |found| found.size == 1 }
    refute_predicate departure, :gone?
    @client.send(address, '')
    eventually { departure.gone? }
    parts << 'nobody hears that'
    assert_equal :closed, closed.pop
    # It is finished, and no failure.
    eventually { @client.control.queues(prefix: @handler)['queues'].sum { |queue| queue['deliveries'] }.zero? }
    refute_match(/error/, @log.string)
  end

  def test_what_is_no_request_is_dropped
    serve { [200, {}, []] }
    ['no JSON', '{"v":2}', '[]'].each { |body| @client.send(@handler, body, reply_to: "#{@proxy}~x", receipt: :done) }
    @client.send(@handler, '{"v":2}', receipt: :done)
    assert_equal 4, @log.string.scan(/ no request why=/).size
  end

  def test_the_environment_of_rack
    seen = nil
    serve do |env|
      seen = env
      [200, {}, []]
    end
    hear(ask([request])) { |found| found.size == 1 }
    assert_equal Rack::VERSION, seen['rack.version']
    assert_equal [threads > 1, true, false, false],
                 seen.values_at('rack.multithread', 'rack.multiprocess', 'rack.run_once', 'rack.hijack?')
    assert_equal 'HTTP/1.1', seen['HTTP_VERSION'] if Rack.release.to_i < 3
  end

  private

  def text_of(part)
    part.is_a?(Hash) ? part['text'] * part['times'] : part
  end

  def stream(parts, fails)
    Enumerator.new do |yielder|
      parts.each { |part| yielder << part }
      raise 'secret' if fails
    end
  end

  def threads
    2
  end

  # A worker in this process.
  def serve(app: nil, &block)
    log = Msglite::Web::Log.new(@log)
    options = Msglite::Web::Options.new(broker: shared.address, http_msg_address: @handler, workers: 2, threads: threads, log: log,
                                        errors: @log)
    worker = Msglite::Web::Worker.new(app || block, options).connect
    thread = Thread.new { worker.run }
    @ends << lambda do
      worker.stop
      thread.join
    end
  end

  def request(method = 'GET', headers = [], body = '', **more)
    head = { 'v' => 2, 'method' => method, 'url' => '/', 'protocol' => 'HTTP/1.1', 'headers' => headers }
    { 'to' => 'handler', 'body' => "#{JSON.generate(head.merge(more.transform_keys(&:to_s)))}\n#{body}" }
  end

  # The pieces of a body come before the request, as they do from a proxy.
  # @return [String] where the answer comes
  def ask(messages)
    label = "#{@proxy}~#{@labels += 1}"
    messages.sort_by.with_index { |message, index| [message['to'] == 'handler' ? 1 : 0, index] }.each do |message|
      body = bytes(message['body'])
      if message['to'] == 'handler' then @client.send(@handler, body, reply_to: label, attempts: 1, dead: label)
      else @client.send(message['to'], body, dead: :drop)
      end
    end
    label
  end

  # All messages of an answer, and how the request ended.
  def hear(label)
    found = []
    until yield found
      message = @client.ready(@proxy, timeout: 10)
      flunk "there is more to come: #{found}\n#{@log.string}" if message.nil?
      assert_equal label, message.to
      return [found, 'given back'] if message.sent_to

      found << message.body
    end
    [found, 'done']
  end

  def check_environment(fixture, seen)
    wanted = fixture['environment'].transform_values { |value| bytes(value) }
    path = wanted.delete('PATH_INFO')
    told = seen.select { |name, _| wanted.key?(name) || (TOLD.match?(name) && name != 'HTTP_VERSION') }
    assert_equal(wanted, told.transform_values(&:b), fixture['name'])
    # Rack's paths are not decoded.
    assert_equal path, seen['PATH_INFO'].b.gsub(/%(\h\h)/n) { Regexp.last_match(1).hex.chr }, fixture['name']
    assert_equal fixture['scheme'], seen['rack.url_scheme']
    assert_equal bytes(fixture['body']), seen['body'], fixture['name']
    assert_equal seen['body'], seen['again']
  end

  def check_response(fixture)
    head = { 'v' => 2, 'method' => fixture['method'], 'url' => '/', 'protocol' => 'HTTP/1.1', 'headers' => [] }
    expected = fixture['messages']
    given_back = fixture['end'] == 'given back'
    label = ask([{ 'to' => 'handler', 'body' => "#{JSON.generate(head)}\n" }])
    found, ended = hear(label) { |so_far| !given_back && so_far.size == expected.size }
    assert_equal [fixture['end'], expected.size], [ended, found.size], fixture['name']
    found.zip(expected).each { |message, wanted| check_message(fixture['name'], message, wanted) }
  end

  def check_message(name, message, wanted)
    return assert_equal(bytes(text_of(wanted['body'])), message, name) unless wanted.key?('head')

    line, _, body = message.partition("\n")
    status, headers = JSON.parse(line)
    wanted_status, wanted_headers = wanted['head']
    assert_equal wanted_status, status.to_i, name
    return refute_includes(message, 'secret', name) if wanted_headers.nil?

    length, others = headers.each_slice(2).partition { |pair| pair.first.casecmp?('content-length') }
    wanted_length, wanted_others = wanted_headers.each_slice(2).partition { |pair| pair.first.casecmp?('content-length') }
    assert_equal [wanted_others, wanted_length.map(&:last)], [others, length.map(&:last)], name
    assert_equal bytes(text_of(wanted['body'])), body, name
  end
end

# The same with one thread, which has a way of its own to its requests.
class OneThreadHttpTest < HttpTest
  shares_broker

  private

  def threads
    1
  end
end
