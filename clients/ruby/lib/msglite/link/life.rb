# frozen_string_literal: true

module Msglite
  class Link
    # What the link's own thread does: it makes a connection, looks after it, and makes another one.
    module Life
      private

      def run
        until closing?
          connection, endpoint = @attempts.make
          converse(connection, endpoint) if connection
        end
      rescue StandardError => e
        # A fault of ours: whoever waits is to know.
        @lock.synchronize { give_up(Error.new('protocol', "the client failed: #{e.class}: #{e.message}")) }
        raise
      ensure
        @lock.synchronize do
          @state = :closed
          @changed.broadcast
        end
      end

      def converse(connection, endpoint)
        begin
          return unless connected(connection)

          tell_connected(endpoint)
          flush
          watch(connection) until leaving?(connection)
        rescue Error => e
          lost(e)
        end
      ensure
        connection.close
      end

      def leaving?(connection)
        @state == :closing && connection.gone?
      end

      def connected(connection)
        @lock.synchronize do
          return false if @state == :closing

          @connection = connection
          @welcome = connection.welcome
          @state = :up
          @out.clear
          # First what has the least time.
          @deliveries.connected
          @receives.connected
          @asks.connected
          @changed.broadcast
        end
        true
      end

      def tell_connected(endpoint)
        away = @lost_at && (Clock.now - @lost_at)
        failed = @attempts.connected
        tell(:connect, address: endpoint.to_s)
        tell(:reconnect, address: endpoint.to_s, failed: failed, away: away) if away
        @lock.synchronize { settle_first(nil) }
      end

      def lost(error)
        under_way = nil
        @lock.synchronize do
          @connection = @failure = nil
          return if @state == :closing

          @state = :down
          @lost_at = Clock.now
          under_way = { unanswered: @asks.count, receives: @receives.count, deliveries: @deliveries.count }
          @deliveries.lost
          @receives.lost
          @asks.lost
          @out.clear
          @changed.broadcast
        end
        tell(:disconnect, reason: error, **under_way)
        rest(@attempts.pause)
      end

      def settle_first(error)
        return if @first_known

        @first_known = true
        @first_up = error.nil?
        @first_error = error
        @changed.broadcast
      end
    end
  end
end
