# frozen_string_literal: true

module Msglite
  module Web
    # What a streaming body of Rack 3 (<tt>body.call(stream)</tt>) reads from and writes to.
    class Stream
      # @param input [#read] of the request
      # @param reply [Reply] begun
      def initialize(input, reply)
        @input = input
        @reply = reply
        @closed = false
      end

      def read(*arguments)
        @input.read(*arguments)
      end

      # @return [Integer] bytes
      # @raise [ClientGone] an IOError
      def write(*parts)
        raise IOError, 'not opened for writing' if @closed

        parts.sum do |part|
          text = part.to_s
          @reply.write(text)
          text.bytesize
        end
      end

      def <<(part)
        write(part)
        self
      end

      # What was written is under way, or waits for the client; so is the head now, if nothing was written.
      def flush
        @reply.flush
        self
      end

      def close_read; end

      def close_write
        @closed = true
        nil
      end

      def close(_error = nil)
        close_write
      end

      def closed?
        @closed
      end
    end
  end
end
