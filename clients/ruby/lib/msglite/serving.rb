# frozen_string_literal: true

module Msglite
  # Lets a block work on messages. See Client#serve.
  class Serving
    LONGEST_DELAY = 60

    # @yield [error, message] when the block failed
    def initialize(client, handler, retry_delay, reply_timeout, &failed)
      @client = client
      @handler = handler
      @retry_delay = retry_delay
      @reply_timeout = reply_timeout
      @failed = failed
    end

    # Returns when no more comes and all threads are done.
    def work(stream, concurrency)
      others = Array.new(concurrency - 1) do
        Thread.new { take(stream) }.tap { |thread| thread.report_on_exception = false }
      end
      take(stream)
      others.each(&:join)
    ensure
      stream.stop
      stream.give_up
    end

    private

    def take(stream)
      while (message = stream.next)
        handle(message)
      end
    end

    # A reply must be the broker's before the message is finished: otherwise its sender might wait in vain.
    def handle(message)
      result = @handler.call(message)
      return unless message.ours?

      message.reply(result, timeout: @reply_timeout) if message.reply_to && !result.nil?
      message.done if message.ours?
    rescue StandardError => e
      @failed.call(e, message)
      give_back(message, e)
    rescue Exception # It is raised again
      give_back(message, nil)
      raise
    end

    def give_back(message, error)
      return unless message.ours?

      message.give_back(delay: error ? delay(message.attempt, error) : 0)
    rescue Error
      nil # Its lease was lost just now, or the client was closed: it goes back all the same.
    end

    def delay(attempt, error)
      case @retry_delay
      when nil then [LONGEST_DELAY, 2**(attempt - 1)].min
      when Numeric then @retry_delay
      else @retry_delay.call(attempt, error)
      end
    end
  end

  # What a program does when it is told to end.
  module Signals
    module_function

    # Runs the block, and +leave+ in a thread of its own on SIGTERM; then as it was before.
    def on_term(wanted, leave)
      return yield unless wanted

      leaving = nil
      before = Signal.trap('TERM') { leaving ||= Thread.new { leave.call } }
      begin
        result = yield
        leaving&.join
        result
      ensure
        Signal.trap('TERM', before || 'DEFAULT')
      end
    end
  end
end
