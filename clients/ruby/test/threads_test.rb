# frozen_string_literal: true

require_relative 'support'
require 'rack'

# A worker that has several threads.
class ThreadsTest < BrokerTest
  shares_broker web: true

  THREADS = 5
  QUEUE = 'msglite.httpRequests'
  # Seconds in which something comes that waits for nobody.
  PROMPTLY = 0.5

  def setup
    super
    @web = Support::Web.new(shared.web)
    @control = client(shared).control
    @file = File.join(@folder, 'go')
  end

  def test_as_many_at_once
    workers
    3.times { assert_equal ['together'] * THREADS, bodies(ask("/together?#{THREADS}", THREADS)) }
  end

  def test_what_came_together_is_begun_in_its_order
    workers
    asking = at_once { |one_more| Array.new(THREADS) { one_more.call('/count') } }
    assert_equal %w[1 2 3 4 5], bodies(asking)
  end

  def test_more_than_there_are_threads
    workers
    asking = at_once { |one_more| Array.new(8 * THREADS) { one_more.call('/count') } }
    assert_equal (1..8 * THREADS).to_a, bodies(asking).map(&:to_i).sort
  end

  def test_a_request_passes_one_that_waits
    wrapper = workers
    held = []
    # Until all but one wait.
    (THREADS - 1).times do
      held += held(wrapper, 1, held.size)
      20.times { promptly { assert_equal '200', @web.get('/').code } }
    end
    refute_includes answered(held), true
    go
    assert_equal 1, bodies(held).uniq.size
  end

  def test_an_answer_does_not_wait_for_the_next_request
    workers
    quick = held = nil
    at_once do |one_more|
      quick = [one_more.call('/')]
      held = [one_more.call("/held?#{@file}")]
      quick << one_more.call('/')
    end
    promptly { bodies(quick) }
    assert_equal [false], answered(held)
    go
    assert_equal bodies(quick).first, bodies(held).first
  end

  def test_answers_that_are_streamed_beside_others
    workers
    socket = UNIXSocket.new(shared.web)
    socket.write("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
    50.times { promptly { assert_equal '200', @web.get('/').code } }
    assert_match(/again/, socket.readpartial(100_000))
    socket.close
    assert_equal ['together'] * THREADS, bodies(ask("/together?#{THREADS}", THREADS))
  end

  def test_reloaded_with_requests_in_all_places
    wrapper = workers
    before = @web.get('/').body
    held = held(wrapper, THREADS)
    wrapper.signal('HUP')
    wrapper.says(/ serving generation=1/)
    refute_equal before, @web.get('/').body
    go
    assert_equal [before] * THREADS, bodies(held)
    eventually { wrapper.workers.size == 1 }
  end

  def test_ended_with_requests_in_all_places
    wrapper = workers
    pid = @web.get('/').body
    held = held(wrapper, THREADS)
    wrapper.signal('TERM')
    wrapper.says(/ stopping/)
    # That it takes no more is for another one to see.
    other = workers
    refute_equal pid, @web.get('/').body
    go
    assert_equal [pid] * THREADS, bodies(held)
    assert_predicate wrapper.wait, :success?
    assert_predicate other.end, :success?
  end

  def test_killed_with_requests_in_all_places
    wrapper = workers
    pid = @web.get('/').body
    held = held(wrapper, THREADS)
    Process.kill('KILL', pid.to_i)
    wrapper.says(/^held$/, 2 * THREADS)
    go
    assert_equal wrapper.workers.map(&:to_s) * THREADS, bodies(held)
  end

  def test_replaced_after_so_many_requests
    workers('--max-requests', '7')
    pids = Array.new(21) { @web.get('/').body }
    assert_equal [1, 1, 1], pids.each_slice(7).map { |slice| slice.uniq.size }
    together = bodies(ask('/', 21))
    assert_equal [7, 7, 7], together.tally.values
  end

  def test_all_places_are_asked_for_anew_after_a_restart_of_the_broker
    wrapper = workers
    assert_equal '200', @web.get('/').code
    Process.kill('KILL', shared.log.scan(/started process=broker pid=(\d+)/).last.first.to_i)
    wrapper.says(/broker back/)
    assert_equal ['together'] * THREADS, bodies(ask("/together?#{THREADS}", THREADS))
  end

  private

  def workers(*options)
    wrapper(shared, 'apps/worker.ru', '--no-yjit', '--workers', '1', '--threads', THREADS.to_s, *options)
  end

  def ask(target, count)
    Array.new(count) { Thread.new { @web.get(target).body } }
  end

  def bodies(asking)
    asking.map(&:value)
  end

  def answered(asking)
    asking.map { |thread| !thread.alive? }
  end

  # Requests that a worker has, and that wait.
  def held(wrapper, count, before = 0)
    asking = ask("/held?#{@file}", count)
    wrapper.says(/^held$/, before + count)
    asking
  end

  def go
    File.write(@file, '')
  end

  # What is asked for in the block comes to the worker in one piece.
  def at_once
    @control.pause(QUEUE)
    count = 0
    asking = yield(lambda do |target|
      thread = ask(target, 1).first
      count += 1
      eventually { waiting == count }
      thread
    end)
    @control.resume(QUEUE)
    asking
  end

  def waiting
    @control.queues(prefix: QUEUE)['queues'].find { |queue| queue['name'] == QUEUE }['messages']
  end

  def promptly
    before = Msglite::Clock.now
    yield
    assert_operator Msglite::Clock.now - before, :<, PROMPTLY
  end
end
