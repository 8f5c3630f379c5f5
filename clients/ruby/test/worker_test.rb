# frozen_string_literal: true

require_relative 'support'
require 'rack'

# Workers that are replaced, and clients that go.
class WorkerTest < BrokerTest
  shares_broker web: true

  # Seconds that the long forms last; by hand: a minute.
  LONG = Float(ENV['RELOAD_SECONDS'] || 4)
  CLIENTS = 64

  def setup
    super
    @web = Support::Web.new(shared.web)
  end

  def test_reloaded_under_load
    wrapper = wrapper(shared, 'apps/worker.ru', '--workers', '2')
    assert_equal '200', @web.get('/').code
    deadline = Msglite::Clock.now + LONG
    answers = Hash.new(0)
    wrong = []
    clients = Array.new(CLIENTS) { Thread.new { load(deadline, answers, wrong) } }
    while Msglite::Clock.now < deadline
      sleep [2, LONG / 2].min
      wrapper.signal('HUP')
    end
    clients.each(&:join)
    assert_empty wrong
    # By several generations.
    assert_operator answers.size, :>, 2
    puts "#{answers.values.sum} requests, #{answers.size} workers, #{wrong.size} failed"
  end

  def test_a_worker_that_dies_in_the_middle_of_a_get
    wrapper = workers('--workers', '2')
    3.times do |n|
      mark = File.join(@folder, "mark#{n}")
      File.write(mark, '')
      assert_equal 'survived', @web.get("/die?#{mark}").body
    end
    wrapper.says(/worker ended .*why="signal 9"/, 3)
    eventually { wrapper.workers.size == 2 }
  end

  def test_a_worker_that_dies_in_the_middle_of_a_post_and_of_an_answer
    workers('--workers', '1')
    mark = File.join(@folder, 'mark')
    File.write(mark, '')
    assert_equal '502', @web.post("/die?#{mark}", 'x').code
    assert_raises(EOFError) { @web.get('/die-in-stream') }
    assert_equal '200', @web.get('/').code
  end

  def test_an_application_that_exits
    wrapper = workers('--workers', '1')
    assert_equal '502', @web.post('/exit', '').code
    wrapper.says(/worker ended .*why="status 7"/)
    assert_equal '500', @web.get('/raise-exit').code
    assert_equal '200', @web.get('/').code
  end

  def test_sigterm_finishes_what_is_in_progress
    wrapper = workers('--workers', '1')
    asking = Thread.new { @web.get('/slow').code }
    wrapper.says(/at work/)
    assert_predicate wrapper.end, :success?
    assert_equal '200', asking.value
  end

  def test_sigterm_while_there_is_no_broker
    wrapper = workers('--workers', '1', '--broker', 'unix:/nowhere')
    wrapper.says(%r{ broker waited for why="no broker at unix:/nowhere: })
    assert_predicate wrapper.end, :success?
  end

  def test_what_does_not_end_in_time_is_killed_and_answered_by_another
    wrapper = workers('--workers', '1', '--drain-timeout', '0.1')
    asking = Thread.new { @web.get('/slow').code }
    wrapper.says(/at work/)
    assert_predicate wrapper.end, :success?
    workers('--workers', '1')
    assert_equal '200', asking.value
  end

  def test_a_worker_is_replaced_after_so_many_requests
    workers('--workers', '1', '--threads', '1', '--max-requests', '3')
    pids = Array.new(9) { @web.get('/').body }
    assert_equal [1, 1, 1], pids.each_slice(3).map { |slice| slice.uniq.size }
    assert_equal 3, pids.uniq.size
  end

  def test_a_reload_that_fails_leaves_the_old_ones
    file = File.join(@folder, 'generation')
    File.write(file, 'one')
    wrapper = workers('--workers', '2', env: { 'GENERATION_FILE' => file })
    assert_equal 'one', @web.get('/generation').body
    File.write(file, 'broken')
    wrapper.signal('HUP')
    wrapper.says(/reload given up/)
    assert_equal %w[one one one], Array.new(3) { @web.get('/generation').body }
    File.write(file, 'two')
    wrapper.signal('HUP')
    wrapper.says(/serving generation=/, 2)
    eventually { Array.new(4) { @web.get('/generation').body }.uniq == ['two'] }
    assert_predicate wrapper.end, :success?
    File.write(file, 'broken')
    failing = workers('--workers', '2', env: { 'GENERATION_FILE' => file }, ready: false)
    assert_equal 1, failing.wait.exitstatus
    assert_match(/this application is broken/, failing.log)
  end

  def test_a_master_that_dies_takes_its_workers_along
    wrapper = workers('--workers', '2')
    pids = wrapper.workers
    assert_equal 2, pids.size
    wrapper.end('KILL')
    eventually { pids.none? { |pid| alive?(pid) } }
  end

  def test_a_client_that_goes_ends_a_stream
    wrapper = workers('--workers', '1')
    socket = ask_raw('/endless')
    read_until(socket, 'again')
    socket.close
    wrapper.says(/^closed$/)
    assert_equal '200', @web.get('/').code
    refute_match(/error/, wrapper.log)
  end

  def test_an_application_can_ask_whether_its_client_waits
    wrapper = workers('--workers', '1')
    socket = ask_raw('/waits')
    wrapper.says(/^waiting$/)
    socket.close
    wrapper.says(/^gone$/)
  end

  def test_a_body_is_read_while_it_comes
    wrapper = workers('--workers', '1')
    socket = UNIXSocket.new(shared.web)
    socket.write("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\nhello")
    socket.write('x' * 69_995)
    wrapper.says(/^begins with hello$/)
    socket.write('x' * 130_000)
    assert_equal %w[200 200000], response(socket)
    socket.close
  end

  def test_a_client_that_goes_in_the_middle_of_its_body
    wrapper = workers('--workers', '1', '--threads', '1')
    socket = UNIXSocket.new(shared.web)
    socket.write("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\nhello")
    socket.write('x' * 69_995)
    wrapper.says(/^begins with hello$/)
    socket.close
    wrapper.says(/^upload: Msglite::Web::ClientGone$/)
    assert_equal '200', @web.get('/').code
    refute_match(/error/, wrapper.log)
  end

  def test_a_client_that_reads_slowly_holds_the_stream_back
    wrapper = workers('--workers', '1')
    socket = ask_raw('/big')
    read_until(socket, 'xxx')
    wrapper.says(/^sent 5$/)
    # Sockets hold some, the proxy up to a chunk, and we have eight pieces under way.
    sleep 0.5
    assert_operator wrapper.log.scan(/^sent/).size, :<, 160
    rest = 0
    rest += socket.readpartial(1 << 20).count('x') while rest < (319 * 65_536)
    socket.close
  end

  def test_an_application_that_answers_in_pieces_while_the_broker_restarts
    wrapper = workers('--workers', '1')
    assert_equal '200', @web.get('/').code
    Process.kill('KILL', shared.log.scan(/started process=broker pid=(\d+)/).last.first.to_i)
    assert_equal '200', @web.get('/').code
    wrapper.says(/broker lost/)
    wrapper.says(/broker back/)
  end

  # It may have to start Ruby again for that, which leaves all as it was.
  def test_with_and_without_the_compiler
    skip 'this Ruby has none' unless IO.popen([RbConfig.ruby, '--help'], &:read).include?('--yjit')
    with = wrapper(shared, 'apps/worker.ru', '--workers', '1')
    assert_equal 'true', @web.get('/compiled').body
    assert_equal 1, with.log.scan(/ started /).size
    assert_predicate with.end, :success?
    workers('--workers', '1')
    assert_equal 'false', @web.get('/compiled').body
  end

  def test_its_command_says_what_is_wrong
    assert_equal [2, "msglite-rackup: there is no nothing.ru\n"], command('nothing.ru')
    assert_equal [2, "msglite-rackup: there is no --wrokers (did you mean --workers?)\n"], command('--wrokers=2')
    assert_equal [2, "msglite-rackup: there is no --worker (did you mean --workers?)\n"], command('--worker', '2')
    assert_equal [2, "msglite-rackup: there is no --quite-different\n"], command('--quite-different')
    assert_match(/loglevel is minimal or info or debug/, command('--loglevel', 'x', File.join(HERE, 'apps/worker.ru')).last)
    assert_equal [2, "msglite-rackup: workers is a whole number of at least 1, not 0\n"],
                 command('--workers', '0', File.join(HERE, 'apps/worker.ru'))
    assert_match(/--drain-timeout SECONDS/, command('--help').last)
  end

  def test_rackup_finds_the_handler
    script = "require 'rack/handler'; puts Rack::Handler.get('msglite').valid_options.size"
    script = "require 'rackup/handler'; puts Rackup::Handler.get('msglite').valid_options.size" if Rack.release.to_i >= 3
    assert_equal "14\n", IO.popen([RbConfig.ruby, '-I', LIB, '-e', script], &:read)
    rackup = Support::Launched.new('rackup', '-I', LIB, '-s', 'msglite', '-O', "Broker=#{shared.address}", '-O', 'Workers=1',
                                   File.join(HERE, 'apps/worker.ru'), env: { 'RACK_ENV' => 'none', 'RUBYOPT' => nil })
    @ends << -> { rackup.end }
    rackup.says(/ serving generation=0/)
    assert_equal '200', @web.get('/').code
  end

  def test_the_handler_takes_no_option_that_there_is_not
    require_relative '../lib/msglite/web/handler'
    { Wokers: 'Workers', htp_msg_address: 'HttpMsgAddress' }.each do |name, nearest|
      error = assert_raises(Msglite::Error) { Msglite::Web::Handler.run(nil, name => 1, Port: 80, environment: 'none') }
      assert_equal ['bad-argument', "there is no #{name} (did you mean #{nearest}?)"], [error.code, error.message]
    end
  end

  def test_several_addresses_and_a_file_for_the_process_id
    other = "other-#{Process.pid}"
    file = File.join(@folder, 'pid')
    wrapper = workers('--workers', '1', '--http-msg-address', "msglite.httpRequests,#{other}", '--pid', file)
    assert_equal wrapper.pid, Integer(File.read(file))
    client = client(shared)
    head = { v: 2, method: 'GET', url: '/', protocol: 'HTTP/1.1', headers: [], scheme: 'http' }
    assert_match(/\A\["200"/, client.query(other, JSON.generate(head)).text)
    wrapper.end
    refute File.exist?(file)
  end

  private

  # Without the compiler, for they are there sooner.
  def workers(*options, **more)
    wrapper(shared, 'apps/worker.ru', '--no-yjit', *options, **more)
  end

  def load(deadline, answers, wrong)
    socket = UNIXSocket.new(shared.web)
    while Msglite::Clock.now < deadline
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      status, body = response(socket)
      answers[body] += 1
      wrong << [status, body] unless status == '200'
    end
  rescue SystemCallError, IOError => e
    wrong << e
  ensure
    socket&.close
  end

  def response(socket)
    head = socket.gets("\r\n\r\n") || raise(EOFError, 'the proxy closed it')
    [head[%r{\AHTTP/1.1 (\d+)}, 1], socket.read(head[/^Content-Length: (\d+)/i, 1].to_i)]
  end

  def ask_raw(target)
    socket = UNIXSocket.new(shared.web)
    socket.write("GET #{target} HTTP/1.1\r\nHost: a\r\n\r\n")
    socket
  end

  def read_until(socket, text)
    got = +''
    got << socket.readpartial(1000) until got.include?(text)
  end

  def alive?(pid)
    Process.kill(0, pid)
  rescue Errno::ESRCH
    false
  end

  def command(*arguments)
    output = IO.popen([RbConfig.ruby, '-I', LIB, COMMAND, *arguments], err: %i[child out], &:read)
    [Process.last_status.exitstatus, output]
  end
end

# Requests as in 2010.
class EnvelopeTest < BrokerTest
  shares_broker '--http-envelope', '1', web: true

  def test_requests_as_in_2010
    wrapper(shared, 'apps/worker.ru', '--workers', '1')
    web = Support::Web.new(shared.web)
    body = Random.bytes(2_000_000)
    assert_equal body, web.post('/echo', body).body.b
    assert_equal '', web.get('/echo').body
    assert_equal '', web.post('/echo', '').body
    request = Net::HTTP::Post.new('/echo', 'Transfer-Encoding' => 'chunked', 'Content-Type' => 'text/plain', 'Host' => 'a')
    request.body_stream = StringIO.new('chunked')
    assert_equal 'chunked', web.ask(request).body
  end
end
