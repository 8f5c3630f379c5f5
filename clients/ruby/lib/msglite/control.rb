# frozen_string_literal: true

module Msglite
  # Inspects and controls the broker. All but +recall+ need the admin right where tokens are used. After a lost connection a call
  # is repeated, but for +purge+, +kick+ and +recall+: those fail with +connection-lost+. Answers are what the JSON says: Hashes
  # with Strings as keys.
  class Control
    # Use Client#control.
    def initialize(link)
      @link = link
    end

    # What the broker holds and did.
    # @return [Hash{String => Numeric}]
    def stats
      ask('stats')
    end

    # At most 1,000 queues in the order of their names.
    # @param prefix [String, nil] what their names begin with
    # @param after [String, nil] the name after which the list goes on, when <tt>"more"</tt> was true
    # @return [Hash] <tt>{"queues" => [{"name" => .., "messages" => .., "receivers" => .., "deliveries" => .., "paused" => ..}],
    #   "more" => false}</tt>
    def queues(prefix: nil, after: nil)
      ask('queues', *[prefix && Arguments.address(prefix), after && "after=#{Arguments.address(after)}"].compact)
    end

    # The first messages of a queue, 1 to 1,000, left where they are.
    # @return [Array<Hash>]
    def peek(address, count = 1)
      ask('peek', Arguments.address(address), Arguments.count('a number of messages', count)).fetch('messages')
    end

    # Drops all that wait.
    # @return [Integer] how many
    def purge(address)
      ask('purge', Arguments.address(address)).fetch('purged')
    end

    # Sends dead letters back to where they came from, all if no number is given.
    # @return [Integer] how many
    def kick(address, count = nil)
      ask('kick', *[Arguments.address(address), Arguments.count('a number of messages', count)].compact).fetch('kicked')
    end

    # Messages queue, and are not handed over until +resume+.
    def pause(address)
      ask('pause', Arguments.address(address))
      nil
    end

    def resume(address)
      ask('resume', Arguments.address(address))
      nil
    end

    # Takes back a queued message by its sender's id.
    # @return [Boolean] false: it is not there any more
    def recall(address, id)
      ask('recall', Arguments.address(address), Arguments.id(id)).fetch('recalled')
    end

    private

    def ask(command, *arguments)
      promise = Promise.new(@link)
      ask = Link::ControlAsk.new(command, arguments) do |frame, error|
        error ? promise.fail(error) : promise.fulfil(frame.body)
      end
      @link.lock.synchronize { @link.ask(ask) }
      @link.flush
      JSON.parse(@link.await(promise, nil).dup.force_encoding(Encoding::UTF_8))
    end
  end
end
