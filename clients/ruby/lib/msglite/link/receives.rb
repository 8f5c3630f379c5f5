# frozen_string_literal: true

module Msglite
  class Link
    # A receive, whatever becomes of connections meanwhile.
    #
    #     waiting -> over                it has its messages, its time ran out, it was refused
    #     waiting -> leaving -> over     it was withdrawn; what is on its way still comes
    class Receive
      attr_reader :addresses, :timeout, :lease, :listener, :due
      attr_accessor :state, :left, :tag, :left_of_tag
      # What was said for it with its tag, by the count, where that can be said again.
      attr_accessor :lines

      # @param addresses [Array<String>] 1 to 8
      # @param timeout [Integer, nil] milliseconds for the whole; 0: only what is there already; nil: for ever
      # @param count [Integer, nil] how many messages; nil: no end; 0: it is over, and can be made to wait again
      # @param lease [Integer] milliseconds; 0: no lease
      # @param listener hears +deliver(delivery, receive)+, and after the last message, or +expired+, +withdrawn+ or +refused+,
      #   nothing more
      def initialize(addresses, timeout:, count:, lease:, listener:)
        @addresses = addresses
        @timeout = timeout
        @left = count || Float::INFINITY
        @lease = lease
        @listener = listener
        @due = timeout && (Clock.now + (timeout / 1000.0))
        @state = count == 0 ? :over : :waiting
      end

      def over?
        @state == :over
      end
    end

    # The receives that are not over. After a lost connection they are said again, for what is left of them. All with the link's
    # lock held.
    class Receives
      def initialize(link)
        @link = link
        @all = {}.compare_by_identity
        @by_tag = {}
        @connected = false
        @closed = nil
      end

      def count
        @all.size
      end

      # After +fail+ it is refused at once.
      def start(receive)
        if @closed
          receive.state = :over
          receive.listener.refused(receive, @closed)
        else
          receive.state = :waiting
          @all[receive] = true
          say(receive) if @connected
        end
        receive
      end

      # It is over, and shall have so many more messages; it is for ever. Its tag is free, and its lines are the same each time.
      def again(receive, count)
        receive.left = count
        return start(receive) if @closed || receive.tag.nil? || !@connected

        receive.state = :waiting
        receive.left_of_tag = count
        @all[receive] = true
        @by_tag[receive.tag] = receive
        lines = receive.lines ||= {}
        @link.say(lines[count] ||= Encode.receive(receive.tag, receive.addresses, nil, count: count, lease: receive.lease).freeze)
      end

      # What is on its way still comes. Then the listener hears that it was withdrawn.
      def withdraw(receive)
        return unless receive.state == :waiting

        receive.state = :leaving
        if @connected then @link.say(Encode.take_back(receive.tag))
        else gone(receive)
        end
      end

      def connected
        @connected = true
        @all.keys.each { |receive| say(receive) }
      end

      def lost
        @connected = false
        @by_tag.clear
        @all.keys.each { |receive| gone(receive) unless receive.state == :waiting }
      end

      # While there is no connection. One that wants what is there already waits for a broker to ask.
      def overdue(now)
        return if @connected

        @all.keys.each { |receive| expire(receive) if receive.timeout&.positive? && receive.due <= now }
      end

      # False: nobody waits for it.
      def message(frame)
        return false unless (receive = @by_tag[frame.tag])

        receive.left -= 1
        receive.left_of_tag -= 1
        if receive.left == 0 then over(receive)
        elsif receive.left_of_tag == 0 then renew(receive)
        end
        @link.delivered(receive, frame)
        true
      end

      # False: nobody waits for it.
      def over_tag(frame)
        return false unless (receive = @by_tag[frame.tag])

        if receive.state == :leaving then gone(receive)
        elsif receive.due.nil? then renew(receive)
        else expire(receive)
        end
        true
      end

      # False: nobody waits for it.
      def refused(frame)
        return false unless (receive = @by_tag[frame.tag])

        over(receive)
        receive.listener.refused(receive, @link.error_of(frame))
        true
      end

      # Refuses all that wait.
      def fail(error)
        @closed = error
        @connected = false
        @all.keys.each do |receive|
          leaving = receive.state == :leaving
          over(receive)
          leaving ? receive.listener.withdrawn(receive) : receive.listener.refused(receive, error)
        end
      end

      private

      def say(receive)
        receive.tag = @link.new_tag
        receive.lines = nil
        receive.left_of_tag = [receive.left, Encode::MOST_COUNT].min
        @by_tag[receive.tag] = receive
        left = receive.timeout
        left = [((receive.due - Clock.now) * 1000).ceil, 1].max if left&.positive?
        @link.say(Encode.receive(receive.tag, receive.addresses, left, count: receive.left_of_tag, lease: receive.lease))
      end

      # The broker has done all that it was asked to, and more is wanted.
      def renew(receive)
        @by_tag.delete(receive.tag)
        if receive.state == :leaving then gone(receive)
        elsif @connected then say(receive)
        end
      end

      def gone(receive)
        over(receive)
        receive.listener.withdrawn(receive)
      end

      def expire(receive)
        over(receive)
        receive.listener.expired(receive)
      end

      def over(receive)
        receive.state = :over
        @all.delete(receive)
        @by_tag.delete(receive.tag)
      end
    end
  end
end
