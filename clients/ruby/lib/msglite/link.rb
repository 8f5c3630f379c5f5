# frozen_string_literal: true

require 'monitor'

module Msglite
  # One multiplexed connection to a broker, made again whenever it is lost: what was asked and not answered is asked again,
  # receives are taken up, leases go on. Everything is kept under one lock, and callbacks come with it held. What is said is
  # gathered, and written by +flush+, which is not called with the lock held.
  #
  # A thread of the link's own connects, and looks after leases. Who waits for something reads: the thread that waits first is the
  # one that polls the socket, for itself and for all others, because to hand a message from one thread to another costs more than
  # all else. While nobody waits the link's thread polls, after a short while.
  #
  #     down -> up -> down ..     down: attempts to connect, and pauses between them
  #     any -> closing -> closed
  class Link
    include Polling
    include Life

    # Seconds a connection must have lasted, for the pauses between attempts to be short again after it.
    LASTING = 5
    # Seconds after which the link's thread looks up, whatever happens.
    LONGEST_PAUSE = 1.0
    # The same while there is something to do: so long a message waits at most that nobody polls for.
    TICK = 0.002
    DONE = [:done].freeze
    ELSEWHERE = 'this client was made in another process: connect after fork'
    # Times it looks up so soon although nothing came.
    TICKS = 25
    # The same while there is no connection.
    SHORT_PAUSE = 0.25

    # @return [Monitor]
    attr_reader :lock
    # Seconds after which the link's thread looks whether it has to read, while others do. Where there is one other thread, which
    # comes back soon, it had better not: to take turns costs more than all else.
    attr_writer :tick
    # As the broker said last.
    # @return [Connection::Welcome]
    attr_reader :welcome

    # @yield [event, *arguments] how the link fares, without the lock: +:connect+, +:disconnect+, +:reconnect+, +:retry+
    def initialize(settings, &tell)
      @settings = settings
      @tell = tell
      @lock = Monitor.new
      @changed = @lock.new_cond
      @watch = @lock.new_cond
      @poller = @heir = nil
      @quiet = false
      @tick = TICK
      @reads = 0
      @idle_ticks = 0
      @tickers = []
      @writing = Mutex.new
      @out = String.new(encoding: Encoding::BINARY)
      @state = :down
      @tags = 0
      @welcome = Connection::Welcome.new('off', 1 << 30)
      @asks = Asks.new(self, settings.buffer_messages, settings.buffer_bytes)
      @receives = Receives.new(self)
      @deliveries = Deliveries.new(self)
      @attempts = Attempts.new(settings, self)
    end

    # Begins to connect.
    def start
      @thread = Thread.new { run }
      @thread.name = 'msglite'
      @thread.report_on_exception = false
    end

    # Returns when there is a connection.
    # @raise [Error] why there is none, unless it is waited for
    def await_first
      @lock.synchronize do
        @changed.wait until @first_known || @state == :closed
        raise @first_error || Error.closed unless @first_up
      end
    end

    def up?
      @state == :up
    end

    # Whether something was asked or ended of which it is not known that the broker has carried it out.
    def busy?
      @asks.count.positive? || @deliveries.unconfirmed?
    end

    # With the lock held; then +flush+. In another process there is no thread that reads.
    def ask(ask, now = Clock.now)
      elsewhere? ? ask.failed(Error.bad(ELSEWHERE)) : @asks.add(ask, now)
    end

    # Waits while too much is not answered.
    def wait_for_room
      return if @asks.roomy?

      @lock.synchronize { @changed.wait(LONGEST_PAUSE) until @asks.roomy? }
    end

    # With the lock held.
    def drop(ask)
      @asks.drop(ask)
    end

    # The same.
    # @param receive [Receive]
    def begin_receive(receive)
      elsewhere? ? receive.listener.refused(receive, Error.bad(ELSEWHERE)) : @receives.start(receive)
    end

    # With the lock held; then +flush+. It is over, and shall have so many more messages, in whatever time.
    def receive_again(receive, count)
      elsewhere? ? receive.listener.refused(receive, Error.bad(ELSEWHERE)) : @receives.again(receive, count)
    end

    # With the lock held; then +flush+.
    def withdraw(receive)
      @receives.withdraw(receive)
    end

    # With the lock held; then +flush+. The delivery is finished.
    def done(delivery)
      finish(delivery, DONE)
    end

    # The same, said once, for what does no harm when it is delivered again.
    def dismiss(delivery)
      return if delivery.ending

      delivery.end_as(DONE)
      @deliveries.dismiss(delivery)
    end

    # The same.
    # @param delay [Integer] milliseconds before it may be delivered again
    def give_back(delivery, delay)
      finish(delivery, [:back, delay])
    end

    # The same. The lease ends so many milliseconds from now.
    def keep(delivery, lease)
      return unless delivery.ours?

      delivery.lease = lease
      @deliveries.say(delivery)
    end

    # With the lock held. The lease is extended until the delivery has ended.
    def keep_alive(delivery)
      @deliveries.keep_alive(delivery, Clock.now) if delivery.name
    end

    # With the lock held. While there is no connection: tells those whose time is over.
    def overdue
      now = Clock.now
      @asks.overdue(now)
      @receives.overdue(now)
    end

    # Waits for a promise whose time the broker keeps, while there is one.
    # @param due [Float, nil] when it is due
    def await(promise, due)
      until promise.wait(due)
        due = Clock.now + SHORT_PAUSE
        @lock.synchronize { overdue }
      end
      promise.value
    end

    # Writes what was said. With the lock held it does nothing: who has it flushes later.
    def flush
      return if @out.empty? || @lock.mon_owned?

      @writing.synchronize { nil while write_some }
    end

    # With the lock held: whether something was said that can be written.
    def unsaid?
      !@out.empty? && !@connection.nil?
    end

    # With the lock held: its +tick+ is called in each tick, as long as there is something to do.
    def on_tick(stream)
      @tickers << stream
    end

    # With the lock held.
    def off_tick(stream)
      @tickers.delete(stream)
    end

    # Gives up what is not answered, says goodbye, and waits until the connection is gone.
    def close(error = Error.closed)
      @lock.synchronize do
        return if %i[closing closed].include?(@state)

        say(Encode.goodbye) if up?
        give_up(error)
      end
      flush
      @connection&.abort_later
      @lock.synchronize { @watch.signal }
      @thread&.join unless Thread.current == @thread
    end

    # For the parts, with the lock held

    def new_tag
      (@tags += 1).to_s(36).freeze
    end

    def say(text)
      @out << text
    end

    def roomier
      @changed.broadcast
    end

    def delivered(receive, frame)
      delivery = Delivery.new(frame, receive)
      @deliveries.add(delivery) if delivery.name
      receive.listener.deliver(delivery, receive)
    end

    def error_of(frame)
      Error.new(Arguments.text(frame.code), "#{Arguments.text(frame.code)}: #{Arguments.text(frame.text)}")
    end

    # For the attempts, without the lock

    def closing?
      @lock.synchronize { %i[closing closed].include?(@state) }
    end

    # Every address was tried in vain; waits so many seconds.
    def failed(error, pause)
      @lock.synchronize do
        settle_first(error) unless @settings.wait
      end
      tell(:retry, reason: error, pause: pause)
      rest(pause)
    end

    # Waits, unless it is closed before.
    def rest(pause)
      ending = Clock.now + pause
      @lock.synchronize do
        while (left = ending - Clock.now).positive? && !%i[closing closed].include?(@state)
          @changed.wait([left, SHORT_PAUSE].min)
          overdue
        end
      end
    end

    private

    # Threads do not survive a fork.
    def elsewhere?
      !@thread.alive? && @state != :closed
    end

    def finish(delivery, ending)
      return if delivery.ending

      delivery.end_as(ending)
      @deliveries.say(delivery)
    end

    def give_up(error)
      @state = :closing
      @receives.fail(error)
      @asks.fail(error)
      @deliveries.clear
      @changed.broadcast
    end

    # @return [Boolean] whether there was something
    def write_some
      return false if @out.empty?

      connection = bytes = nil
      @lock.synchronize do
        return false if @out.empty? || @connection.nil?

        connection = @connection
        bytes = take_out
      end
      write_to(connection, bytes)
      true
    end

    # With the lock held.
    def take_out
      taken = @out
      @out = Frame::NOTHING.dup
      taken
    end

    # With the right to write.
    def write_to(connection, bytes)
      connection.write(bytes)
    rescue SystemCallError, IOError, OpenSSLError
      nil # The reader notices, too.
    end

    def tell(event, **about)
      @tell&.call(event, about)
    end
  end
end
