# frozen_string_literal: true

module Msglite
  module Web
    # The requests of a worker's only thread, one after the other: what Receiving is for several. One receive, said again for each.
    class Turn
      # @param count [Integer, nil] requests in all; nil: no end
      # @yield [delivery, late] a request was lost to another, as Receiving says it
      def initialize(link, addresses, lease:, count:, &lease_lost)
        @link = link
        @left = count || Float::INFINITY
        @lease_lost = lease_lost
        @waiting = link.lock.new_cond
        @out = {}.compare_by_identity
        @stopped = false
        @receive = Link::Receive.new(addresses, timeout: nil, count: 1, lease: lease, listener: self)
        link.lock.synchronize { ask { link.begin_receive(@receive) } }
        link.flush
      end

      # The next one, without the lock. Nil: no more will come.
      # @return [Link::Delivery, nil]
      # @raise [Error] why it ended before its time
      def next
        delivery = nil
        @link.wait_alone_for(@waiting) do
          delivery = @ready
          @ready = nil
          delivery || over?
        end
        raise @error if delivery.nil? && @error

        delivery
      end

      # Takes no more; what is on its way still comes.
      def stop
        @link.lock.synchronize do
          @stopped = true
          @link.withdraw(@receive)
          @waiting.broadcast
        end
        @link.flush
      end

      # Waits until nothing will come any more, and nothing is out.
      def wait
        @link.wait_for(@waiting) { over? && @out.empty? }
      end

      # With the lock held: the next one may come, though this one has not ended.
      def free(delivery)
        return unless @placed.equal?(delivery)

        @placed = nil
        ask { @link.receive_again(@receive) }
      end

      # The same: it has ended.
      def release(delivery)
        return unless @out.delete(delivery)

        free(delivery)
        @waiting.broadcast if @stopped && @out.empty?
      end

      # What comes, with the lock held

      def deliver(delivery, _receive)
        @asked = false
        @out[delivery] = true
        @link.keep_alive(delivery)
        @placed = @ready = delivery
        # While the only thread works another one may have looked.
        @waiting.signal unless @link.polled_for?(@waiting)
      end

      def withdrawn(_receive)
        @asked = false
        @waiting.broadcast
      end

      def refused(_receive, error)
        @error = error
        @stopped = true
        withdrawn(nil)
      end

      # It is for ever.
      def expired(_receive); end

      def lapsed(delivery)
        # Nobody misses what nobody has seen.
        unseen = @ready.equal?(delivery)
        @ready = nil if unseen
        release(delivery)
        @lease_lost.call(delivery, false) unless unseen
      end

      def too_late(delivery)
        @lease_lost.call(delivery, true)
      end

      private

      def ask
        return @stopped = true if @stopped || @left == 0

        @left -= 1
        @asked = true
        yield
      end

      def over?
        @stopped && !@asked
      end
    end
  end
end
