# frozen_string_literal: true

require 'json'

module Msglite
  class Link
    # A command that is answered once, and until then is kept to be said again.
    class Ask
      # Its own on the wire.
      attr_accessor :tag
      # +:now+: it was said on the connection that is there; +:before+: on an earlier one; nil: never.
      attr_accessor :said
      # When it is no use any more; nil: never.
      attr_reader :due
      # What it counts for in limits, in bytes.
      attr_reader :cost

      # @yield [answer, error] called once, with the lock held; one of both is nil
      def initialize(cost: 300, due: nil, repeatable: true, &listener)
        @cost = cost
        @due = due
        @repeatable = repeatable
        @listener = listener
      end

      # Whether it may be said again when nobody knows if it was carried out.
      def repeatable?
        @repeatable
      end

      # Another try that a refusal leaves open.
      # @return [Boolean]
      def another?(_code)
        false
      end

      def answered(frame)
        @listener&.call(frame, nil)
      end

      def failed(error)
        @listener&.call(nil, error)
      end
    end

    # <tt>>></tt>
    class SendAsk < Ask
      # Seconds that a message may have waited to be said, and still have all its time.
      LATE = 1

      # @param message [Outgoing]
      def initialize(message, now, &listener)
        # One sent with 0 lives for a second.
        lifetime = message.timeout.zero? ? 1 : message.timeout / 1000.0
        super(cost: message.body.bytesize + 300, due: now + lifetime, repeatable: message.repeatable?, &listener)
        @message = message
      end

      # Said late, it has only so much time as is left.
      def text(now)
        left = ((@due - now) * 1000).floor
        message = left > @message.timeout - (LATE * 1000) ? @message : @message.shortened([left, 1].max)
        message.encode(@tag)
      end

      # It may be the ids that there are too many of: one that only the client gave is not needed.
      def another?(code)
        return false unless code == 'full' && @message.automatic?

        @message = @message.without_id
        @repeatable = false
        true
      end
    end

    # <tt>!!</tt>, as a flush.
    class FlushAsk < Ask
      def text(_now)
        Encode.hello(@tag)
      end
    end

    # <tt>==</tt>
    class ControlAsk < Ask
      ONCE = %w[purge kick recall].freeze

      def initialize(command, arguments, &listener)
        super(repeatable: !ONCE.include?(command), &listener)
        @command = command
        @arguments = arguments
      end

      def text(_now)
        Encode.control(@tag, @command, *@arguments)
      end
    end
  end
end
