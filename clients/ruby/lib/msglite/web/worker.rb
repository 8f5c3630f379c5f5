# frozen_string_literal: true

module Msglite
  module Web
    # One process that answers requests: a client, and threads that each take the next request when they are free.
    class Worker
      # Seconds for which nobody reads at most while threads work: one that could not take more anyway, or some of several.
      LOOK_ALONE = 0.5
      LOOK = 0.005

      # @return [Client]
      attr_reader :client
      # @return [Link]
      attr_reader :link
      # @return [Places]
      attr_reader :places
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
        @stopping = false
      end

      # Connects; returns when there is a broker.
      # @raise [Error]
      def connect
        @client = reach
        @link = @client.link
        @link.tick = @options.threads == 1 ? LOOK_ALONE : LOOK
        @client.on(:disconnect) { |about| @log.warn('broker lost', why: about[:reason].message) }
        @client.on(:reconnect) { |about| @log.info('broker back', away: about[:away].round(3), address: about[:address]) }
        @client.on(:lease_lost) { |_, late| lost(late) }
        self
      end

      # Answers requests until +stop+, or until there were enough of them; then finishes those that are under way.
      # @raise [Error] the broker does not let us
      def run
        @places = Places.new(@link, @options.addresses, threads: @options.threads, count: @left,
                             lease: Arguments.seconds('a lease', @options.lease, 1)) { |_, late| lost(late) }
        @places.stop if @stopping
        threads = Array.new(@options.threads) { Thread.new { work } }
        threads.each { |thread| thread.report_on_exception = false }
        threads.each(&:join)
        @places.wait
      ensure
        close
      end

      # Takes no more. For any thread, but not for a signal's handler.
      def stop
        @stopping = true
        @places&.stop
      end

      # For exchanges

      # With the lock held: the broker has the answer to that request, or will not have it. Then it is as if we had died.
      def answered(delivery, error)
        if error.nil? then @link.dismiss(delivery)
        elsif delivery.ending.nil?
          refused(Head.new(delivery.frame.body), error) unless error.code == 'closed'
          @link.give_back(delivery, 0)
        end
        @places.release(delivery)
      end

      private

      def reach
        Msglite.connect(@options.broker, **@options.connection)
      rescue Error => e
        raise if e.code == 'bad-argument'

        @log.warn('broker waited for', why: e.message)
        Msglite.connect(@options.broker, wait: true, **@options.connection)
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
        while (delivery = @places.next)
          serve(delivery)
        end
      end

      def serve(delivery)
        exchange = Exchange.new(self, delivery)
        exchange.run(@app)
      rescue StandardError => e
        # A fault of ours. Another worker may do better.
        @log.failure('request failed', e)
        exchange.give_back
      end
    end
  end
end
