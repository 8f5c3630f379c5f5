# frozen_string_literal: true

require_relative 'support'

# The client, against a broker.
class ClientTest < BrokerTest
  shares_broker

  def setup
    super
    @broker = shared
    @client = client(@broker)
  end

  # The next test finds no messages, also not those that went back when the clients were closed.
  def teardown
    super
    Msglite.connect(@broker.address) do |cleaner|
      names = cleaner.control.queues['queues'].map { |queue| queue['name'] }
      names.each { |name| cleaner.control.purge(name) unless name.start_with?('~', 'reply:') }
    end
  end

  def test_sends_and_is_ready
    refute_predicate @client.send('jobs', 'hello', reply_to: 'me', timeout: 1.5), :duplicate?
    message = @client.ready(%w[urgent jobs])
    assert_equal ['jobs', 'me', 1.5, 'hello', 1, Encoding::BINARY],
                 [message.to, message.reply_to, message.timeout, message.body, message.attempt, message.body.encoding]
    assert_nil @client.ready('jobs', timeout: 0)
    assert_nil @client.ready('jobs', timeout: 0.05)
  end

  def test_bodies_are_any_bytes
    all = (0..255).to_a.pack('C*') * 1000
    @client.send('jobs', all)
    @client.send('jobs', 'grün')
    @client.send('jobs', '')
    assert_equal [all, 'grün'.b, ''], Array.new(3) { @client.ready('jobs').body }
    @client.send('jobs', 'grün')
    assert_equal 'grün', @client.ready('jobs').text
  end

  def test_an_id_is_sent_once
    refute_predicate @client.send('jobs', 'hello', id: 'order-17'), :duplicate?
    assert_predicate @client.send('jobs', 'hello', id: 'order-17'), :duplicate?
    assert_equal('id-conflict', code { @client.send('jobs', 'HELLO', id: 'order-17') })
    assert_equal 'order-17', @client.ready('jobs').id
    assert_nil @client.ready('jobs', timeout: 0)
  end

  def test_sends_many_at_once
    receipts = Array.new(5000) { |n| @client.send_async('jobs', n.to_s) }
    receipts.each(&:value)
    assert_equal 5000, @client.control.purge('jobs')
  end

  def test_options_of_a_send
    @client.send('jobs', 'later', delay: 0.1)
    assert_nil @client.ready('jobs', timeout: 0)
    assert_equal 'later', @client.ready('jobs', timeout: 5).text
    @client.send('jobs', 'once', attempts: 1, dead: 'lost')
    @client.receive('jobs', count: 1, &:give_back)
    assert_equal ['lost', 'jobs'], @client.ready('lost').then { |message| [message.to, message.sent_to] }
    @client.send('jobs', 'dropped', attempts: 1, dead: :drop)
    @client.receive('jobs', count: 1, &:give_back)
    assert_empty @client.control.peek('dead:jobs')
  end

  def test_a_receipt_when_it_is_done
    pending = @client.send_async('jobs', 'hello', receipt: :done)
    message = @client.receive('jobs', count: 1).next
    @client.flush
    refute_predicate pending, :settled?
    message.done
    refute_predicate pending.value, :duplicate?
    assert_equal('expired', code { @client.send('nobody', 'x', receipt: :done, timeout: 0.05) })
  end

  def test_wrong_arguments_are_refused_before_they_are_sent
    ['', 'a b', "a\n", '-', 'a=b', 'x' * 256].each do |address|
      assert_equal('bad-argument', code { @client.send(address, '') }, address)
    end
    assert_equal('bad-argument', code { @client.send('jobs', '', timeout: -1) })
    assert_equal('bad-argument', code { @client.send('jobs', '', timeout: Float::NAN) })
    assert_equal('bad-argument', code { @client.send('jobs', 17) })
    assert_equal('bad-argument', code { @client.send('jobs', '', id: 'a b') })
    assert_equal('bad-argument', code { @client.ready([]) })
    assert_equal('bad-argument', code { @client.ready(%w[a b c d e f g h i]) })
    assert_equal('bad-argument', code { Msglite.connect('/tmp/socket') })
    assert_equal('bad-argument', code { @client.on(:nothing) { nil } })
  end

  def test_what_the_broker_refuses_has_its_code
    assert_equal('bad-option', code { @client.send('jobs', '', timeout: 1, delay: 5) })
    assert_equal('bad-address', code { @client.send('dead:jobs', '') })
    assert_equal('bad-address', code { @client.ready('~me~1') })
    assert_equal('body-too-large', code { @client.send('jobs', 'x' * ((16 * 1024 * 1024) + 1)) })
    @client.send('jobs', 'it goes on')
    assert_equal 'it goes on', @client.ready('jobs').text
  end

  def test_leases
    @client.send('jobs', 'hello')
    stream = @client.receive('jobs')
    message = stream.next
    message.give_back
    refute_predicate message, :ours?
    message = stream.next
    assert_equal 2, message.attempt
    message.keep(60)
    message.done
    message.done
    stream.stop
    assert_nil stream.next
    @client.flush
    assert_empty @client.control.peek('jobs')
  end

  def test_no_more_at_a_time_than_wanted
    5.times { |n| @client.send('jobs', n.to_s) }
    stream = @client.receive('jobs', concurrency: 2, timeout: 0)
    first = [stream.next, stream.next]
    @client.flush
    assert_equal 3, @client.control.queues['queues'].first['messages']
    first.each(&:give_back)
    stream.stop
  end

  def test_iterates_until_there_is_no_more
    5.times { |n| @client.send('jobs', n.to_s) }
    seen = @client.receive('jobs', timeout: 0, concurrency: 10).map { |message| message.tap(&:done).text }
    assert_equal %w[0 1 2 3 4], seen
  end

  def test_break_gives_back_what_was_not_seen
    5.times { |n| @client.send('jobs', n.to_s) }
    @client.receive('jobs', concurrency: 10) do |message|
      message.done
      break
    end
    @client.flush
    assert_equal(%w[1 2 3 4], @client.receive('jobs', count: 4).map { |message| message.tap(&:done).text })
  end

  def test_a_lost_lease
    lost = Queue.new
    @client.on(:lease_lost) { |message, late| lost << [message.text, late] }
    @client.send('jobs', 'hello')
    message = @client.receive('jobs', lease: 0.05, count: 1).next
    eventually do
      @client.flush
      message.lost?
    end
    assert_equal ['hello', false], lost.pop
    assert_equal('no-such-delivery', code { message.done })
    assert_equal 2, @client.ready('jobs').attempt
  end

  def test_queries_and_answers
    other = client(@broker)
    serving = Thread.new do
      other.serve('sums', concurrency: 3, signals: false) { |message| message.text.reverse }
    end
    answers = Array.new(50) { |n| Thread.new { @client.query('sums', n.to_s).text } }.map(&:value)
    assert_equal((0...50).map { |n| n.to_s.reverse }, answers)
    assert_nil @client.query('nobody', '', timeout: 0.05)
    other.drain
    serving.join
    assert_empty @client.control.queues['queues'].select { |queue| queue['name'] == 'sums' }
  end

  def test_a_handler_that_fails_gets_it_again
    failed = Queue.new
    @client.on(:handler_failed) { |error, message| failed << [error.message, message.attempt] }
    attempts = Queue.new
    serving = Thread.new do
      @client.serve('jobs', retry_delay: 0, signals: false) do |message|
        attempts << message.attempt
        raise 'ouch' if message.attempt < 3

        'at last'
      end
    end
    other = client(@broker)
    assert_equal 'at last', other.query('jobs', '').text
    assert_equal [1, 2, 3], Array.new(3) { attempts.pop }
    assert_equal [['ouch', 1], ['ouch', 2]], Array.new(2) { failed.pop }
    @client.drain
    serving.join
  end

  def test_a_lease_is_extended_while_its_handler_works
    @client.send('jobs', '')
    seen = Queue.new
    serving = Thread.new do
      @client.serve('jobs', lease: 0.3, signals: false) do |message|
        sleep 1
        seen << [message.attempt, message.ours?]
        nil
      end
    end
    assert_equal [1, true], seen.pop
    @client.drain
    serving.join
  end

  def test_control
    2.times { |n| @client.send('jobs', n.to_s, id: "id-#{n}") }
    assert_operator @client.control.stats.size, :>, 5
    assert_equal ['jobs'], @client.control.queues(prefix: 'jo')['queues'].map { |queue| queue['name'] }
    assert_empty @client.control.queues(prefix: 'jo', after: 'jobs')['queues']
    assert_equal %w[0 1], @client.control.peek('jobs', 10).map { |message| message['body'] }
    @client.control.pause('jobs')
    assert_nil @client.ready('jobs', timeout: 0.05)
    @client.control.resume('jobs')
    assert @client.control.recall('jobs', 'id-0')
    refute @client.control.recall('jobs', 'id-0')
    @client.receive('jobs', count: 1) { |message| message.give_back(delay: 0) }
    assert_equal 1, @client.control.purge('jobs')
    assert_equal 0, @client.control.kick('dead:jobs')
  end

  def test_close_ends_what_waits
    other = client(@broker)
    ready = Thread.new { code { other.ready('jobs') } }
    query = Thread.new { code { other.query('questions', '') } }
    stream = other.receive('others')
    eventually { @client.control.queues['queues'].map { |queue| queue['name'] } & %w[jobs others questions] == %w[jobs others questions] }
    other.close
    assert_equal %w[closed closed], [ready.value, query.value]
    assert_equal('closed', code { stream.next })
    assert_equal('closed', code { other.send('jobs', '') })
  end

  def test_a_block_closes_at_its_end
    kept = Msglite.connect(@broker.address) do |other|
      other.send('jobs', 'hello')
      other
    end
    assert_equal 'hello', @client.ready('jobs').text
    assert_equal('closed', code { kept.send('jobs', '') })
  end

  def test_can_be_interrupted
    assert_raises(Timeout::Error) { Timeout.timeout(0.1) { @client.ready('jobs') } }
    assert_raises(Timeout::Error) { Timeout.timeout(0.1) { @client.query('nobody', '') } }
    @client.send('jobs', 'hello')
    assert_equal 'hello', @client.ready('jobs').text
  end

  def test_is_of_no_use_after_a_fork
    reader, writer = IO.pipe
    pid = fork do
      begin
        @client.send('jobs', '')
      rescue Msglite::Error => e
        writer.write(e.code)
      end
      exit!(0)
    end
    writer.close
    Process.wait(pid)
    assert_equal 'bad-argument', reader.read
    reader.close
    @client.send('jobs', 'the parent goes on')
  end

  def test_serve_ends_on_sigterm
    script = <<~RUBY
      require 'msglite'
      $stdout.sync = true
      client = Msglite.connect(ARGV[0])
      puts 'serving'
      client.serve('jobs') { |message| puts('working'); sleep 0.3; message.text.upcase }
      puts 'left'
    RUBY
    worker = Support::Launched.new(RbConfig.ruby, '-I', LIB, '-e', script, @broker.address)
    worker.says(/serving/)
    asked = Thread.new { @client.query('jobs', 'hello') }
    worker.says(/working/)
    assert_predicate worker.end, :success?
    assert_equal 'HELLO', asked.value.text
    assert_match(/left/, worker.log)
  end
end
