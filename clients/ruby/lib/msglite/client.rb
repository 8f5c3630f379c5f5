# frozen_string_literal: true

module Msglite
  # A broker's client, on one connection, for any number of threads. When the connection is lost it makes another one, and goes
  # on: what had no receipt is sent again, under its id; what waits for messages and answers waits again; leases are claimed.
  #
  # It does not survive a +fork+: connect in the child.
  class Client
    # Seconds, where a call gives none.
    TIMEOUT = 60
    LEASE = 30
    # Seconds that +close+ waits for the broker to say that it has carried out everything.
    FAREWELL = 5

    EVENTS = %i[connect disconnect reconnect retry lease_lost handler_failed].freeze

    # To inspect and control the broker.
    # @return [Control]
    attr_reader :control

    # Use Msglite.connect.
    def initialize(settings)
      @names = settings.names
      @listeners = Hash.new { |listeners, event| listeners[event] = [] }
      @link = Link.new(settings) { |event, about| tell(event, about) }
      @mailbox = Mailbox.new(@link, settings.safe_replies)
      @control = Control.new(@link)
      @streams = {}.compare_by_identity
      @closed = false
      @link.start
      @link.await_first
    rescue Exception # Also when the thread is interrupted
      @link&.close
      raise
    end

    # For the wrapper.
    # @return [Link]
    attr_reader :link

    # Hears what the client tells of itself: +:connect+, +:disconnect+, +:reconnect+, +:retry+ (a Hash about it each),
    # +:lease_lost+ (the LeasedMessage and false, or nil and true for one that had been finished by then), +:handler_failed+ (the error and the message).
    # Called in the client's own threads.
    # @return [self]
    def on(event, &block)
      raise Error.bad("#{event.inspect} is no event: #{EVENTS.join(', ')}") unless EVENTS.include?(event)

      @listeners[event] << block
      self
    end

    # Sends a message, and returns with the broker's receipt: whatever happens now, the message is handed over or expires.
    # @param to [String] an address
    # @param body [String] text goes in the encoding that it has
    # @param timeout [Numeric] seconds in which it is to be received
    # @param reply_to [String, nil] where answers are awaited
    # @param id [String, nil] your own unique name for the message, 1 to 128 bytes: the same again, to the same address, is not
    #   queued again. The client gives one if you do not
    # @param delay [Numeric, nil] seconds, less than the timeout, before it is handed over
    # @param attempts [Integer, nil] leased deliveries it may have in all; 5 if not given
    # @param once [Boolean] once somebody has sent to its reply address, it is not delivered again
    # @param dead [String, :drop, nil] where it goes when it is dead; <tt>dead:</tt> and its address if not given
    # @param receipt [:taken, :done] +:done+: the receipt comes when the message is finished
    # @return [Receipt]
    # @raise [Error] with the broker's code (+full+, +id-conflict+, …), +expired+, +closed+, +bad-argument+; without ids
    #   +connection-lost+
    def send(to, body, **options)
      send_async(to, body, **options).value
    end

    # The same without waiting for the receipt.
    # @return [Pending] its +value+ is the receipt
    def send_async(to, body, **options)
      message = Outgoing.checked(@names, to, body, **options)
      promise = Promise.new(@link)
      @link.wait_for_room
      ask = post(message) do |frame, error|
        error ? promise.fail(error) : promise.fulfil(Receipt.new(frame.options['duplicate'] == '1'))
      end
      Pending.new(@link, promise, ask.due)
    end

    # Waits for a message to one of these addresses. It has no lease: it is finished, and lost if the connection breaks while it
    # is on its way.
    # @param addresses [String, Array<String>] 1 to 8
    # @return [Message, nil] nil: the time ran out
    def ready(addresses, timeout: TIMEOUT)
      listener = Ready.new(@link)
      receive = Link::Receive.new(Arguments.addresses(addresses), timeout: Arguments.seconds('a timeout', timeout), count: 1,
                                                                  lease: 0, listener: listener)
      said { @link.begin_receive(receive) }
      frame = @link.await(listener.promise, timeout.zero? ? nil : receive.due)
      frame && Message.new(frame, self)
    ensure
      # Interrupted, as by Timeout.timeout.
      said { @link.withdraw(receive) } if receive && receive.state == :waiting
    end

    # Sends a message and waits for one answer to it. Options as for +send+.
    # @return [Message, nil] nil: the time ran out
    def query(to, body, timeout: TIMEOUT, **options)
      reply_to, promise = @mailbox.open
      message = Outgoing.checked(@names, to, body, timeout: timeout, reply_to: reply_to, **options)
      ask = post(message) { |_, error| promise.fail(error) if error }
      frame = promise.wait(Clock.now + timeout) ? promise.value : nil
      frame && Message.new(frame, self)
    ensure
      @mailbox.shut(reply_to) if reply_to
      @link.lock.synchronize { @link.drop(ask) } if ask
    end

    # Messages under a lease, no more at a time than +concurrency+: one that is done, given back or lost makes place for the next.
    #
    #     client.receive('jobs') { |job| work(job); job.done }
    #
    # @param lease [Numeric] seconds for which each message is ours, unless it is kept for longer
    # @param concurrency [Integer] messages that are ours at a time
    # @param count [Integer, nil] messages in all; no end if not given
    # @param timeout [Numeric, nil] seconds for the whole; no end if not given. With 0 it takes what is there
    # @yield [LeasedMessage] without a block, what comes is to be asked for with +next+ or +each+
    # @return [Receiving]
    def receive(addresses, lease: LEASE, concurrency: 1, count: nil, timeout: nil, &block)
      stream = stream(addresses, lease: lease, concurrency: concurrency, count: count, timeout: timeout)
      block ? stream.each(&block) : stream
    end

    # Lets the block work on the messages of an address, +concurrency+ at a time, each in a thread of its own. The String that it
    # returns is sent to where the sender awaits an answer, if it does, and the message is done; if it raises, the message is
    # given back. The lease is extended for as long as it works.
    #
    # Returns when no more is taken and no block works: after +drain+ or SIGTERM (unless +signals+ is false).
    # @param retry_delay [Numeric, Proc, nil] seconds before a message on which the block failed comes again, perhaps for
    #   (attempt, error); if not given 1, 2, 4, … 60 at most
    # @param timeout [Numeric] of replies, in seconds
    # @yield [LeasedMessage]
    # @raise [Error] +closed+, or with the code of the refusal
    def serve(addresses, concurrency: 1, lease: LEASE, retry_delay: nil, timeout: TIMEOUT, signals: true, &block)
      serving = Serving.new(self, block, retry_delay, timeout) { |error, message| handler_failed(error, message) }
      stream = stream(addresses, keep: true, lease: lease, concurrency: concurrency)
      Signals.on_term(signals, -> { drain }) { serving.work(stream, concurrency) }
    end

    # Returns when all that was said before is carried out and, with a journal, on disk: sends, and messages that are done.
    # @raise [Error]
    def flush(timeout = nil)
      promise = Promise.new(@link)
      ask = Link::FlushAsk.new { |_, error| error ? promise.fail(error) : promise.fulfil(nil) }
      said { @link.ask(ask) }
      return @link.await(promise, nil) if timeout.nil?
      return promise.value if promise.wait(Clock.now + timeout)

      raise Error.new('connection-lost', 'the broker did not answer in time')
    end

    # Takes no more messages, lets +serve+ and +receive+ finish those they have, and closes.
    def drain
      streams = @link.lock.synchronize { @streams.keys }
      streams.each(&:stop)
      streams.each(&:wait)
      close
    end

    # Ends the connection. What waits fails with +closed+; messages that are not done go back. Returns when the broker has
    # carried out all that was said and, if it has a journal, has it on disk.
    # @raise [Error] +connection-lost+ if that can't be told
    def close
      return if @closed

      @closed = true
      said do
        @mailbox.close(Error.closed)
        @streams.keys.each { |stream| stream.fail(Error.closed) }
      end
      say_goodbye
    end

    # For the wrapper.
    # @param wanted +lease+, +concurrency+, +count+, +timeout+
    # @return [Receiving]
    def stream(addresses, keep: false, lease: LEASE, concurrency: 1, count: nil, timeout: nil)
      wanted = { addresses: Arguments.addresses(addresses), lease: Arguments.seconds('a lease', lease, 1),
                 concurrency: Arguments.count('concurrency', concurrency) || Encode::MOST_COUNT,
                 count: Arguments.count('count', count), timeout: timeout && Arguments.seconds('a timeout', timeout) }
      raise Error.closed if @closed

      stream = Receiving.new(@link, self, wanted, keep: keep) { |delivery, late| lease_lost(delivery, late) }
      @link.lock.synchronize do
        @streams[stream] = true
        stream.start
      end
      @link.flush
      stream
    end

    # For streams, with the lock held: nothing will come any more, and nothing is out.
    def over(stream)
      @streams.delete(stream)
    end

    def inspect
      "#<#{self.class} #{@closed ? 'closed' : 'open'}>"
    end

    # For the wrapper: sends what was checked.
    # @yield [frame, error] with the lock held
    # @return [Link::SendAsk]
    def post(message, &listener)
      ask = Link::SendAsk.new(message, Clock.now, &listener)
      said { @link.ask(ask) }
      ask
    end

    private

    def said(&block)
      result = @link.lock.synchronize(&block)
      @link.flush
      result
    end

    def say_goodbye
      flush(FAREWELL) if @link.up? || @link.busy?
    rescue Error => e
      raise Error.new('connection-lost', "the broker may not have carried out all: #{e.message}")
    ensure
      @link.close
    end

    def tell(event, *about)
      return unless @listeners.key?(event)

      @listeners[event].each do |listener|
        listener.call(*about)
      rescue StandardError => e
        # It must not take the client along.
        warn("msglite: a listener for #{event} failed: #{e.full_message(highlight: false)}")
      end
    end

    def lease_lost(delivery, late)
      tell(:lease_lost, late ? nil : LeasedMessage.new(delivery, self, nil), late) if @listeners.key?(:lease_lost)
    end

    def handler_failed(error, message)
      return tell(:handler_failed, error, message) if @listeners.key?(:handler_failed)

      warn("msglite: a handler failed: #{error.full_message(highlight: false)}")
    end
  end

  # Connects to a broker.
  #
  #     client = Msglite.connect('unix:/tmp/msglite.socket')
  #     Msglite.connect('tcp:127.0.0.1:9813', token: 's3cret') { |client| client.send('jobs', 'hello') }
  #
  # @param address [String, Array<String>] <tt>unix:/path</tt>, <tt>tcp:host:port</tt>, or several that are tried in turn
  # @param token [String, nil] for brokers that require one
  # @param tls [true, Hash, OpenSSL::SSL::SSLContext, nil] for brokers that speak TLS on TCP; +true+: with the certificates that
  #   OpenSSL trusts. +ca+, +cert+, +key+: files in PEM; +servername+: the name in its certificate
  # @param name [String, nil] begins the ids that the client gives to messages
  # @param wait [Boolean] whether the first connection is waited for, instead of failing at once
  # @param connect_timeout [Numeric] seconds for one attempt
  # @param reconnect [Hash] pauses between attempts: the first is at most +min+, 0.05 seconds; it doubles up to +max+, 5; +jitter+
  #   from 0 to 1 is the part of each that chance decides
  # @param max_buffered [Hash] +messages+ and +bytes+ that wait at most while there is no connection
  # @param idle [Numeric, nil] silence after which the broker is taken for dead; 0: never. 60 where an address is TCP
  # @param ids [Boolean] whether sends without an id of their own get one
  # @param safe_replies [Boolean] whether answers to queries come under a lease
  # @yield [Client] closed after the block
  # @return [Client, Object] what the block returns
  # @raise [Error] +unreachable+, +unauthorized+, +bad-argument+, +protocol+
  def self.connect(address = ENV['MSGLITE_BROKER'] || 'unix:/tmp/msglite.socket', **options)
    client = Client.new(Settings.new(address, **options))
    return client unless block_given?

    begin
      result = yield client
    rescue Exception # It is raised again
      client.link.close
      raise
    end
    client.close
    result
  end
end
