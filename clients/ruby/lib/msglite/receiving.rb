# frozen_string_literal: true

module Msglite
  # Messages under a lease, one after the other, no more at a time than was asked for. See Client#receive.
  class Receiving
    include Enumerable

    # For the client.
    # @param keep [Boolean] leases are extended until messages have ended
    def initialize(link, client, wanted, keep: false, &lease_lost)
      @link = link
      @client = client
      @keep = keep
      @lease_lost = lease_lost
      @ready = []
      @out = {}.compare_by_identity
      @waiting = link.lock.new_cond
      @ended = false
      @taking = Link::Taking.new(link, wanted, self)
    end

    # For the client, with the lock held.
    def start
      @link.on_tick(self)
      @taking.start
    end

    # For the link, with the lock held: messages that nobody has taken yet are for those who wait.
    def tick
      @ready.size.times { @waiting.signal }
    end

    # The next message. Nil: no more will come.
    # @param timeout [Numeric, nil] seconds to wait for it
    # @raise [Error] why it ended before its time; +expired+: so long nothing came
    def next(timeout: nil)
      delivery = nil
      found = @link.wait_for(@waiting, timeout && (Clock.now + timeout)) do
        @link.overdue unless @link.up?
        delivery = @ready.shift
        delivery || @ended
      end
      raise Error.new('expired', "nothing came in #{timeout} seconds") unless found

      delivery ? LeasedMessage.new(delivery, @client, self) : over
    end

    # Each message, as it comes. +break+ gives back what was taken and not seen.
    def each
      return enum_for(:each) unless block_given?

      begin
        while (message = self.next)
          yield message
        end
      ensure
        stop
        give_up
      end
      self
    end

    # Takes no more; what is on its way still comes, and then it ends.
    def stop
      said { @taking.stop }
    end

    # Gives back what was taken and not seen.
    def give_up
      said { @ready.shift(@ready.size).each { |delivery| back(delivery, 0) } }
    end

    # Waits until nothing will come any more, and nothing is out.
    def wait
      @link.wait_for(@waiting) { @ended && @out.empty? }
    end

    # Takes no more, and fails with +error+. With the lock held.
    def fail(error)
      @error ||= error
      @taking.stop
    end

    # What messages say

    def done(delivery)
      ending(delivery) { @link.done(delivery) }
    end

    def give_back(delivery, delay)
      ending(delivery) { @link.give_back(delivery, delay) }
    end

    def keep(delivery, lease)
      said do
        raise Error.lease_lost if delivery.lost

        @link.keep(delivery, lease)
      end
    end

    # What comes, with the lock held

    def taken(delivery)
      @out[delivery] = true
      @link.keep_alive(delivery) if @keep
      return back(delivery, 0) if @error

      @ready << delivery
      # A thread that waits here and has read several takes one after the other, and the others sleep on, unless they are still
      # needed in the next tick: to wake them costs more than most messages.
      @waiting.signal unless @link.polled_for?(@waiting)
    end

    def lapsed(delivery)
      # Nobody misses what nobody has seen.
      unseen = @ready.delete(delivery)
      release(delivery)
      @lease_lost&.call(delivery, false) unless unseen
    end

    def too_late(delivery)
      @lease_lost&.call(delivery, true)
    end

    def ended(error)
      @error ||= error
      @ended = true
      look_for_end
    end

    private

    def over
      raise @error if @error
    end

    def said(&block)
      @link.lock.synchronize(&block)
      @link.flush
      nil
    end

    def ending(delivery)
      said do
        raise Error.lease_lost if delivery.lost

        yield
        release(delivery)
      end
    end

    def release(delivery)
      return unless @out.delete(delivery)

      @taking.release
      look_for_end
    end

    def look_for_end
      @waiting.broadcast if @ended
      return unless @ended && @out.empty?

      @link.off_tick(self)
      @client.over(self)
    end

    def back(delivery, delay)
      @link.give_back(delivery, delay)
      release(delivery)
    end
  end
end
