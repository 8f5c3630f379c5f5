# frozen_string_literal: true

module Msglite
  module Web
    # The client's departure: whether anybody still waits for the answer. In the environment as <tt>msglite.departure</tt>.
    class Departure
      # Milliseconds that it is listened for at a time.
      LISTEN = 86_400_000

      # @param link [Link]
      # @param address [String, nil] where the proxy tells; nil: it never does
      # @param delivery [Link::Delivery] of the request
      def initialize(link, address, delivery)
        @link = link
        @address = address
        @delivery = delivery
      end

      # True once the proxy has said so, or the request was taken from us. It is listened for from the first call on.
      def gone?
        listen
        @gone || @delivery.lost
      end

      # Calls back when that is so, from the client's thread and with the link's lock held.
      def on_gone(&block)
        (@blocks ||= []) << block
        listen
      end

      # It does not matter any more.
      def forget
        return if @receive.nil?

        @link.lock.synchronize { @link.withdraw(@receive) }
        @link.flush
      end

      # What the receive says

      def deliver(_delivery, _receive)
        @gone = true
        @blocks&.each(&:call)
      end

      def expired(_receive); end

      def withdrawn(_receive); end

      def refused(_receive, _error); end

      private

      def listen
        return if @receive || @address.nil?

        @link.lock.synchronize do
          @receive = Link::Receive.new([@address.b], timeout: LISTEN, count: 1, lease: 0, listener: self)
          @link.begin_receive(@receive)
        end
        @link.flush
      end
    end

    # Nobody waits for the answer any more.
    class ClientGone < IOError
      def initialize(message = 'nobody waits for the answer any more')
        super
      end
    end
  end
end
