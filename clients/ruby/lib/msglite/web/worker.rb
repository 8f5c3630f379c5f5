# frozen_string_literal: true

module Msglite
  module Web
    # One process that answers requests: a client, and threads that each take the next request when they are free.
    class Worker
      # Seconds for which nobody reads at most while the only thread works.
      LOOK = 0.5

      # @return [Client]
      attr_reader :client
      # @return [Link]
      attr_reader :link
      # @return [Turn, Receiving]
      attr_reader :stream
      attr_reader :environment, :names, :log

      # @param app [#call] of Rack
      # @param options [Options]
      def initialize(app, options)
        @app = app
        @options = options
        @log = options.log
        @names = Names.new
        @left = options.requests_left
        @alone = options.threads == 1
        @environment = Environment.new(errors: options.errors, threads: options.threads, workers: options.workers)
        @stopping = false
      end

      # Connects; returns when there is a broker.
      # @raise [Error]
      def connect
        @client = reach
        @link = @client.link
        @link.tick = LOOK if @alone
        @client.on(:disconnect) { |about| @log.warn('broker lost', why: about[:reason].message) }
        @client.on(:reconnect) { |about| @log.info('broker back', away: about[:away].round(3), address: about[:address]) }
        @client.on(:lease_lost) { |_, late| lost(late) }
        self
      end

      # Answers requests until +stop+, or until there were enough of them; then finishes those that are under way.
      # @raise [Error] the broker does not let us
      def run
        @stream = @alone ? by_turns : together
        @stream.stop if @stopping
        threads = Array.new(@options.threads) { Thread.new { work } }
        threads.each { |thread| thread.report_on_exception = false }
        threads.each(&:join)
        @stream.wait
      ensure
        close
      end

      # Takes no more. For any thread, but not for a signal's handler.
      def stop
        @stopping = true
        @stream&.stop
      end

      # For exchanges

      # With the lock held: the broker has the answer to that request, or will not have it. Then it is as if we had died.
      def answered(delivery, error)
        if error.nil? then @link.dismiss(delivery)
        elsif delivery.ending.nil?
          refused(Head.new(delivery.frame.body), error) unless error.code == 'closed'
          @link.give_back(delivery, 0)
        end
        @stream.release(delivery)
      end

      # The only thread says no more before it waits for the next request, and then writes all of it.
      def flush_later
        return if @alone

        @stream.ready? ? @link.flush_soon : @link.flush
      end

      private

      def reach
        Msglite.connect(@options.broker, **@options.connection)
      rescue Error => e
        raise if e.code == 'bad-argument'

        @log.warn('broker waited for', why: e.message)
        Msglite.connect(@options.broker, wait: true, **@options.connection)
      end

      def by_turns
        lease = Arguments.seconds('a lease', @options.lease, 1)
        Turn.new(@link, @options.addresses, lease: lease, count: @left) { |_, late| lost(late) }
      end

      def together
        @client.stream(@options.addresses, keep: true, wrap: ->(delivery) { delivery }, lease: @options.lease,
                                           concurrency: @options.threads, count: @left)
      end

      def lost(late)
        @log.warn('request lost to another', late: late)
      end

      def refused(head, error)
        @log.error('answer refused', code: error.code, why: error.message, method: head.method, url: head.url)
      end

      def close
        @client.close
      rescue Error => e
        @log.warn('broker lost', why: e.message)
      end

      def work
        while (delivery = @stream.next)
          serve(delivery)
        end
      end

      def serve(delivery)
        Exchange.new(self, delivery).run(@app)
      rescue StandardError => e
        # A fault of ours. Another worker may do better.
        @log.failure('request failed', e)
        @link.lock.synchronize do
          @link.give_back(delivery, 0)
          @stream.release(delivery)
        end
        @link.flush
      end
    end
  end
end
