# frozen_string_literal: true

module Msglite
  module Web
    # One process that answers requests: a client, and threads that each take the next request when they are free.
    class Worker
      # Seconds for which nobody reads at most while the only thread works.
      LOOK = 0.5

      # @return [Client]
      attr_reader :client
      # @return [Receiving]
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
        @environment = Environment.new(errors: options.errors, threads: options.threads, workers: options.workers)
        @counting = Mutex.new
        @stopping = false
      end

      # Connects; returns when there is a broker.
      # @raise [Error]
      def connect
        @client = Msglite.connect(@options.broker, wait: true, **@options.connection)
        @client.link.tick = LOOK if @options.threads == 1
        @client.on(:disconnect) { |about| @log.warn('broker lost', why: about[:reason].message) }
        @client.on(:reconnect) { |about| @log.info('broker back', away: about[:away].round(3), address: about[:address]) }
        @client.on(:lease_lost) { |message, late| @log.warn('request lost to another', attempt: message&.attempt || '?', late: late) }
        self
      end

      # Answers requests until +stop+, or until there were enough of them; then finishes those that are under way.
      # @raise [Error] the broker does not let us
      def run
        @stream = @client.stream(@options.addresses, keep: true, wrap: ->(delivery) { delivery }, lease: @options.lease,
                                                   concurrency: @options.threads, count: @left)
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

      private

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
        @client.link.lock.synchronize do
          @client.link.give_back(delivery, 0)
          @stream.release(delivery)
        end
        @client.link.flush
      end
    end
  end
end
