# frozen_string_literal: true

module Msglite
  module Web
    # The requests of a worker, which has places for as many as it has threads.
    #
    # The thread that reads works off what came, one after the other, for as long as that is quick: it is answered in one write, in
    # which the next ones are asked for. To hand a request to another thread costs more than most requests. But none waits for an
    # application that waits for something: then the link's own thread wakes others, after some milliseconds; and as it will not
    # have been the last time, from then on each thread calls another one before it begins, until they are called in vain.
    class Places
      # Seconds for which answers wait for those to what came with them.
      TOGETHER = 0.001
      # Times that another thread is called in vain.
      CALLS = 8

      # @param threads [Integer] that call +next+
      # @param count [Integer, nil] requests in all; nil: no end
      # @yield [delivery, late] a request was lost to another, as Receiving says it
      def initialize(link, addresses, threads:, lease:, count:, &lease_lost)
        @link = link
        @left = count || Float::INFINITY
        @lease_lost = lease_lost
        @waiting = link.lock.new_cond
        @receives = Array.new(threads) { Link::Receive.new(addresses, timeout: nil, count: 0, lease: lease, listener: self) }
        @resting = @receives.dup
        # Places for which nothing was asked yet, and messages that were.
        @free = @asked = 0
        @ready = []
        @out = {}.compare_by_identity
        # Threads that wait for others, and calls that are left.
        @idle = @calls = 0
        @called = @stopped = false
        @came = Clock.now
        link.lock.synchronize { link.on_tick(self) }
      end

      # The next one, for a thread that has finished with the last, and without the lock. Nil: no more will come.
      # @return [Link::Delivery, nil]
      # @raise [Error] why it ended before its time
      def next
        delivery = late = nil
        @link.lock.synchronize do
          @free += 1
          until (delivery = @ready.shift) || over?
            ask
            wait_for_some
          end
          call if delivery
          late = late?
          ask if late
        end
        @link.flush if late
        raise @error if delivery.nil? && @error

        delivery
      end

      # Takes no more; what is on its way still comes.
      def stop
        @link.lock.synchronize { leave }
        @link.flush
      end

      # Waits until nothing will come any more, and nothing is out.
      def wait
        @link.wait_for(@waiting) { over? && @out.empty? }
        @link.lock.synchronize { @link.off_tick(self) }
      end

      # With the lock held: it has ended.
      def release(delivery)
        @waiting.broadcast if @out.delete(delivery) && over? && @out.empty?
      end

      # For the link, with the lock held: what is ready while nobody reads waits for an application.
      def tick
        ask
        return if @ready.empty?

        @calls = CALLS
        @ready.size.times { @waiting.signal }
      end

      # What comes, with the lock held

      def deliver(delivery, receive)
        @resting << receive if receive.over?
        @asked -= 1
        @out[delivery] = true
        @link.keep_alive(delivery)
        @ready << delivery
        return if @link.polled_for?(@waiting)

        # All of us who are awake are busy.
        @came = Clock.now
        @calls = CALLS
        @waiting.signal
      end

      def withdrawn(receive)
        @asked -= receive.left
        @waiting.broadcast
      end

      def refused(receive, error)
        @error ||= error
        withdrawn(receive)
        leave
      end

      # They are for ever.
      def expired(_receive); end

      def lapsed(delivery)
        # Nobody misses what nobody has seen.
        unseen = @ready.delete(delivery)
        @free += 1 if unseen
        release(delivery)
        @lease_lost.call(delivery, false) unless unseen
      end

      def too_late(delivery)
        @lease_lost.call(delivery, true)
      end

      private

      # In one receive, for all that are free.
      def ask
        count = @free < @left ? @free : @left
        return if count == 0 || @stopped

        @free -= count
        @left -= count
        @asked += count
        @link.receive_again(@resting.pop, count)
      end

      def wait_for_some
        if @link.pollable?
          @link.read_on(@waiting)
          @came = Clock.now
        elsif @link.unsaid? then @link.unlocked { @link.flush }
        else be_idle
        end
      end

      def be_idle
        @idle += 1
        @link.wait_in_reserve(@waiting)
        @idle -= 1
        return unless @called

        @called = false
        @calls = @ready.empty? && !@link.pollable? ? @calls - 1 : CALLS
      end

      # The application may take its time.
      def call
        return if @calls == 0 || @idle == 0 || @called

        @called = true
        @waiting.signal
      end

      # Whether what was said waits for long enough.
      def late?
        @link.unsaid? && (@stopped || Clock.now - @came > TOGETHER)
      end

      def leave
        @stopped = true
        @receives.each { |receive| @link.withdraw(receive) }
        @waiting.broadcast
      end

      def over?
        @asked == 0 && (@stopped || @left == 0)
      end
    end
  end
end
