# frozen_string_literal: true

module Msglite
  class Link
    # Attempts to connect: the addresses in turn, and a pause after all of them.
    class Attempts
      def initialize(settings, link)
        @settings = settings
        @link = link
        @index = 0
        @failures = 0
        @rounds = 0
        @up_since = nil
      end

      # Tries the next address. After the last of them in vain it tells the link, which rests.
      # @return [(Connection, Endpoint), nil]
      def make
        endpoint = @settings.endpoints[@index]
        [Connection.open(endpoint, @settings), endpoint]
      rescue Error => e
        @index = (@index + 1) % @settings.endpoints.size
        @failures += 1
        return nil if @failures < @settings.endpoints.size

        @failures = 0
        @rounds += 1
        @link.failed(e, @settings.backoff.next)
        nil
      end

      # @return [Integer] how many times all addresses had been tried in vain
      def connected
        rounds = @rounds
        @rounds = @failures = 0
        @up_since = Clock.now
        rounds
      end

      # Seconds to wait after a connection was lost. They are few again after one that lasted.
      def pause
        @settings.backoff.reset if @up_since && Clock.now - @up_since >= LASTING
        @settings.backoff.next
      end
    end
  end
end
