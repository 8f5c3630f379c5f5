# frozen_string_literal: true

module Msglite
  module Web
    # An answer that is complete in one message, as most are. The proxy lets pass what comes twice for a request that was answered:
    # it needs no id to be sent again.
    class Answer < Link::Ask
      # Seconds. Nobody wants an answer that nobody waits for.
      LIFETIME = 60
      # Seconds that it may have waited to be said, and still have all its time.
      LATE = 1

      # @param worker [Worker] whose request it ends
      # @param text [String] binary
      def initialize(worker, delivery, text, now)
        @worker = worker
        @delivery = delivery
        @to = delivery.frame.reply_to
        @text = text
        @due = now + LIFETIME
      end

      def cost
        @text.bytesize + 300
      end

      def repeatable?
        true
      end

      def text(now)
        left = @due - now
        seconds = left > LIFETIME - LATE ? LIFETIME : Encode.seconds([(left * 1000).floor, 1].max)
        ">> #{@tag} #{@text.bytesize} #{seconds} #{@to} - dead=-\r\n#{@text}\r\n"
      end

      def answered(_frame)
        @worker.answered(@delivery, nil)
      end

      def failed(error)
        @worker.answered(@delivery, error)
      end
    end
  end
end
