# frozen_string_literal: true

module Msglite
  class Link
    # A message that came. Until it has an +ending+ it is ours, if it is leased.
    class Delivery
      # @return [Frame, nil] nil once it has ended
      attr_reader :frame
      attr_reader :name
      # Milliseconds, if it is another one than its receive said.
      attr_writer :lease
      # [:done], or [:back, milliseconds]; nil: it is still ours.
      attr_reader :ending
      # The lease is lost.
      attr_writer :lost
      # The end was said on an earlier connection already.
      attr_accessor :repeated
      # When the lease is to be extended; nil: it is not.
      attr_accessor :keep_at

      # Ruby keeps three values in an object itself, and looks for memory for more: others are set where there is need.
      # @param receive [Receive] whose listener hears +lapsed(delivery)+ when the lease is lost, and +too_late(delivery)+ when it
      #   had been lost before the end was said
      def initialize(frame, receive)
        @frame = frame
        @name = frame.delivery
        @receive = receive
      end

      def lease
        @lease || @receive.lease
      end

      def listener
        @receive.listener
      end

      # How it ends. Nothing of the message is needed after that.
      def end_as(ending)
        @ending = ending
        @frame = nil
      end

      def lost
        @lost || false
      end

      # Whether it is still to be worked on.
      def ours?
        @ending.nil? && !@lost
      end
    end

    # The leased deliveries that are ours, and those that we have ended while nobody has told that the broker knows. After a lost
    # connection all are named again: a broker that was restarted gives them to who does. All with the link's lock held.
    class Deliveries
      # Ends that are kept until the broker has confirmed them, before it is asked to; and seconds after which it is asked anyway.
      MOST_UNCONFIRMED = 256
      UNCONFIRMED = 1

      # When there is something to be done next; nil: nothing.
      attr_reader :due

      def initialize(link)
        @link = link
        @held = {}
        @kept = {}.compare_by_identity
        @ended = []
        @connected = false
        @confirming = false
      end

      def count
        @held.count { |_, delivery| delivery.ending.nil? }
      end

      def unconfirmed?
        @held.any? { |_, delivery| delivery.ending }
      end

      def add(delivery)
        @held[delivery.name] = delivery
      end

      # Its lease is extended until it ends: two extensions may go astray before it is lost.
      def keep_alive(delivery, now)
        delivery.keep_at = now + (delivery.lease / 3000.0)
        @kept[delivery] = true
        look_at(delivery.keep_at)
      end

      # It has an end, which is said once. If that is lost with the connection the broker gives the message back: for those to whom
      # that does no harm.
      def dismiss(delivery)
        return if delivery.name.nil? || delivery.lost

        @kept.delete(delivery)
        @held.delete(delivery.name)
        write(delivery) if @connected
      end

      # It has an end, or its lease is to last +lease+ from now.
      def say(delivery)
        return if delivery.name.nil? || delivery.lost

        @kept.delete(delivery) if delivery.ending
        return unless @connected

        write(delivery)
        return unless delivery.ending

        @ended << delivery
        if @ended.size >= MOST_UNCONFIRMED then confirm
        elsif @ended.size == 1
          @confirm_at = Clock.now + UNCONFIRMED
          look_at(@confirm_at)
        end
      end

      # Extends leases and asks for confirmation, where it is time.
      def tick(now)
        return if @due.nil? || now < @due

        @due = nil
        @kept.each_key { |delivery| extend_lease(delivery, now) }
        confirm if @confirm_at && now >= @confirm_at
        look_at(@confirm_at) if @confirm_at
      end

      def connected
        @connected = true
        @held.values.each { |delivery| say(delivery) }
      end

      def lost
        @connected = false
        @confirming = false
        @ended = []
        @confirm_at = nil
        @held.each_value { |delivery| delivery.repeated = !delivery.ending.nil? }
      end

      # The broker says that it is not ours, or no longer.
      def refused(name)
        return unless (delivery = @held.delete(name))

        lapse(delivery)
        delivery.listener.too_late(delivery) if delivery.ending && !delivery.repeated
      end

      # The client is closed: all goes back.
      def clear
        @connected = false
        held = @held.values
        @held.clear
        held.each { |delivery| lapse(delivery) }
      end

      private

      def lapse(delivery)
        delivery.lost = true
        @kept.delete(delivery)
        delivery.listener.lapsed(delivery) if delivery.ending.nil?
      end

      def look_at(time)
        @due = time if @due.nil? || time < @due
      end

      def extend_lease(delivery, now)
        if delivery.keep_at <= now
          delivery.keep_at = now + (delivery.lease / 3000.0)
          write(delivery) if @connected
        end
        look_at(delivery.keep_at)
      end

      def write(delivery)
        how, delay = delivery.ending
        @link.say(case how
                  when :done then Encode.done(delivery.name)
                  when :back then Encode.give_back(delivery.name, delay)
                  else Encode.keep(delivery.name, delivery.lease)
                  end)
      end

      # One at a time: the more is finished, the more each of them confirms.
      def confirm
        @confirm_at = nil
        return if @confirming || @ended.empty?

        ended = @ended
        @ended = []
        @confirming = true
        @link.ask(FlushAsk.new { |_, error| confirmed(ended, error) })
      end

      def confirmed(ended, error)
        # One that is repeated after a lost connection confirms what was said again before it, too.
        @confirming = false
        if error then @ended.concat(ended)
        else ended.each { |delivery| @held.delete(delivery.name) }
        end
        return if @ended.empty?
        return confirm if error.nil? && @ended.size >= MOST_UNCONFIRMED

        @confirm_at = Clock.now + UNCONFIRMED
        look_at(@confirm_at)
      end
    end
  end
end
