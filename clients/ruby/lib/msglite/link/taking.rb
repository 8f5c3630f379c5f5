# frozen_string_literal: true

module Msglite
  class Link
    # A stream of leased messages: as many are asked for as there are free places. All with the link's lock held, and the link
    # flushed after it.
    class Taking
      # @param wanted [Hash] +addresses+, +lease+ and +timeout+ in milliseconds, +concurrency+ and +count+
      # @param taker hears +taken(delivery)+, +lapsed(delivery)+, +too_late(delivery)+, and in the end +ended(error_or_nil)+
      def initialize(link, wanted, taker)
        @link = link
        @wanted = wanted
        @taker = taker
        @receives = {}.compare_by_identity
        @asked = 0
        @out = 0
        @left = wanted[:count] || Float::INFINITY
        timeout = wanted[:timeout]
        @due = timeout && (Clock.now + (timeout / 1000.0))
        @stopped = @ended = false
      end

      def start
        fill
      end

      # One that was taken leaves its place to the next.
      def release
        @out -= 1
        fill
      end

      # Takes no more. What is on its way still comes.
      def stop
        return if @stopped

        @stopped = true
        @receives.keys.each { |receive| @link.withdraw(receive) }
        look_for_end
      end

      # What receives say

      def deliver(delivery, receive)
        @asked -= 1
        @out += 1
        @receives.delete(receive) if receive.state == :over
        @taker.taken(delivery)
        look_for_end
      end

      def expired(receive)
        over(receive)
        stop
        look_for_end
      end

      def withdrawn(receive)
        over(receive)
        look_for_end
      end

      def refused(receive, error)
        over(receive)
        @error ||= error
        stop
        look_for_end
      end

      def lapsed(delivery)
        @taker.lapsed(delivery)
      end

      def too_late(delivery)
        @taker.too_late(delivery)
      end

      private

      def fill
        count = [@wanted[:concurrency] - @out - @asked, @left].min
        return if @stopped || count <= 0

        @left -= count
        @asked += count
        timeout = @wanted[:timeout]
        timeout = [((@due - Clock.now) * 1000).ceil, 1].max if timeout&.positive?
        # It may be refused before we know it.
        receive = Receive.new(@wanted[:addresses], timeout: timeout, count: count, lease: @wanted[:lease], listener: self)
        @receives[receive] = true
        @link.begin_receive(receive)
      end

      def over(receive)
        @asked -= receive.left
        @receives.delete(receive)
      end

      def look_for_end
        return if @ended || !@receives.empty? || !(@stopped || @left.zero?)

        @ended = @stopped = true
        @taker.ended(@error)
      end
    end
  end
end
