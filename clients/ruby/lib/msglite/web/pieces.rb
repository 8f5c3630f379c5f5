# frozen_string_literal: true

module Msglite
  module Web
    # The pieces of a request's body that travel apart from its head, as they come. Each is finished when it was taken, so that the
    # proxy reads no further ahead than the application.
    class Pieces
      # The request can't be read to its end.
      class Lost < IOError; end

      # Pieces that are ours at a time, and seconds for which they are.
      AHEAD = 4
      LEASE = 30
      # Seconds to wait for the next one.
      PATIENCE = 300

      # @param departure [Departure] of who sends them
      # @param single [Boolean] envelope 1: there is one, however long
      def initialize(client, address, departure, single:)
        @client = client
        @address = address
        @departure = departure
        @single = single
        @ended = false
      end

      # @return [String, nil] nil: that was the last one
      # @raise [ClientGone, Lost] no more will come
      def next
        return nil if @ended

        message = await
        raise ClientGone if @departure.gone?
        raise Lost, 'the rest of the request did not come' if message.nil?
        # It may be one that was read already, if the broker has not heard that.
        raise Lost, 'the broker was lost while the request came' if message.attempt > 1 && !@single

        take(message)
      end

      # Those that nobody reads are taken out of their queue, as far as they are there.
      def drop
        unless @ended
          @ended = true
          @stream&.stop
          @stream&.give_up
          discard
        end
      rescue Error
        nil # They expire.
      end

      private

      def await
        stream.next(timeout: PATIENCE)
      rescue ClientGone
        raise
      rescue Error => e
        raise Lost, "the rest of the request did not come: #{e.message}"
      end

      def take(message)
        body = message.body
        message.done
        if @single || body.empty?
          @ended = true
          @stream.stop
        end
        body.empty? ? nil : body
      end

      def stream
        @stream ||= begin
          @departure.on_gone { @stream.fail(ClientGone.new) }
          @client.stream(@address, keep: true, lease: LEASE, concurrency: @single ? 1 : AHEAD,
                                   count: @single ? 1 : nil)
        end
      end

      def discard
        sink = Sink.new
        link = @client.link
        receive = Link::Receive.new([@address.b], timeout: @single ? 10_000 : 0, count: @single ? 1 : nil, lease: 0,
                                                  listener: sink)
        link.lock.synchronize { link.begin_receive(receive) }
        link.flush
      end

      # Who wants nothing of what comes.
      class Sink
        def deliver(_delivery, _receive); end

        def expired(_receive); end

        def withdrawn(_receive); end

        def refused(_receive, _error); end
      end
    end
  end
end
