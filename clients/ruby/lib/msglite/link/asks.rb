# frozen_string_literal: true

module Msglite
  class Link
    # What was asked and is not answered. After a lost connection all of it is said again, in the order in which it was asked,
    # but for what can't be repeated. All with the link's lock held.
    class Asks
      # Unanswered asks on one connection: half as many as the broker allows tags, so that receives have theirs.
      WINDOW = 32_768

      LOST = ['connection-lost', 'the connection was lost, and whether the broker had carried it out is unknown'].freeze
      FULL = ['full', 'as much waits for the broker as the client buffers'].freeze
      EXPIRED = ['expired', 'its time ran out before a broker took it'].freeze
      EXPIRED_LATE = ['expired', 'its time ran out while the broker was away; whether that had taken it is unknown'].freeze

      # @param messages [Integer] that wait for a connection at most
      # @param bytes [Integer] the same
      def initialize(link, messages, bytes)
        @link = link
        @messages = messages
        @bytes = bytes
        @pending = {}
        @waiting = 0
        @connected = false
        @closed = nil
      end

      def count
        @pending.size
      end

      def roomy?
        !@connected || @pending.size < WINDOW
      end

      # One more, at +now+; refused at once if too much waits.
      def add(ask, now)
        refusal = @closed || (full?(ask) ? Error.new(*FULL) : nil)
        return ask.failed(refusal) if refusal

        ask.tag = @link.new_tag
        @pending[ask.tag] = ask
        if @connected then say(ask, now)
        else @waiting += ask.cost
        end
      end

      # Nobody waits for it any more. It is not said, if it was not yet.
      def drop(ask)
        finish(ask) if ask.said.nil? && @pending.key?(ask.tag)
      end

      def connected
        @connected = true
        @waiting = 0
        now = Clock.now
        @pending.values.each { |ask| ask.due && ask.due <= now ? expire(ask) : say(ask, now) }
      end

      def lost
        @connected = false
        @waiting = 0
        @pending.values.each do |ask|
          if ask.said == :now && !ask.repeatable?
            finish(ask)
            ask.failed(Error.new(*LOST))
          else
            ask.said &&= :before
            @waiting += ask.cost
          end
        end
      end

      # While there is no connection: what is no use any more.
      def overdue(now)
        return if @connected

        @pending.values.each { |ask| expire(ask) if ask.due && ask.due <= now }
      end

      # False: nobody asked that.
      def answered(frame)
        return false unless (ask = @pending[frame.tag])

        finish(ask)
        ask.answered(frame)
        true
      end

      # False: nobody asked that.
      def refused(frame)
        return false unless (ask = @pending[frame.tag])
        # The broker is about to stop. The next connection will tell.
        return true if frame.code == 'journal-failed' && ask.repeatable?

        finish(ask)
        if ask.another?(frame.code) then add(ask, Clock.now)
        else ask.failed(@link.error_of(frame))
        end
        true
      end

      # Refuses everything, also what is added after it.
      def fail(error)
        @closed = error
        @connected = false
        @pending.values.each do |ask|
          finish(ask)
          ask.failed(error)
        end
      end

      private

      def full?(ask)
        !@connected && (@pending.size >= @messages || @waiting + ask.cost > @bytes)
      end

      def say(ask, now)
        ask.said = :now
        @link.say(ask.text(now))
      end

      def finish(ask)
        @pending.delete(ask.tag)
        @waiting -= ask.cost unless @connected
        @link.roomier if @pending.size == WINDOW - 1
      end

      def expire(ask)
        finish(ask)
        ask.failed(Error.new(*(ask.said ? EXPIRED_LATE : EXPIRED)))
      end
    end
  end
end
