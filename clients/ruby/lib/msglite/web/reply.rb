# frozen_string_literal: true

module Msglite
  module Web
    # The answer to one request, on its way to the proxy in several messages. The head travels with the first part of the body.
    #
    # Each but the last has its receipt when the client has taken it, and no more than a few are under way: so the
    # application writes no faster than its client reads. What is written meanwhile is joined.
    class Reply
      PIECE = 64 * 1024
      # Pieces that are under way at a time.
      WINDOW = 8
      # Nobody wants an answer that nobody waits for.
      ALWAYS = { timeout: 60_000, dead: '' }.freeze
      # Seconds after which who waits for his client looks whether there still is a request.
      PATIENCE = 1.0

      # Whether anything of it was sent.
      attr_reader :begun

      # @param worker [Worker] whose request it is
      # @param departure [Departure]
      # @param head [ResponseHead]
      def initialize(worker, delivery, departure, head)
        @worker = worker
        @link = worker.link
        @delivery = delivery
        @departure = departure
        @head = head
        @left = head.length
        @begun = false
        @buffer = String.new(encoding: Encoding::BINARY)
        @under_way = 0
        @room = @link.lock.new_cond
        @departure.on_gone { @room.broadcast }
      end

      # More of the body. What goes beyond Content-Length is cut off. Who writes faster than the client reads waits here.
      # @raise [ClientGone, Error]
      def write(part)
        part = part.b
        part = cut(part) if @left
        return if part.empty?

        @link.lock.synchronize do
          check
          @buffer << part
          pump
        end
        @link.flush
        await_room(PIECE - 1) if @buffer.bytesize >= PIECE
      end

      # The head does not wait for the body any longer.
      # @raise [ClientGone, Error]
      def flush
        @link.lock.synchronize do
          check
          send_piece unless @begun
        end
        @link.flush
      end

      # Whether as much came as Content-Length says.
      def complete?
        @left.nil? || @left.zero?
      end

      # That was all. Where it is less than Content-Length says the proxy breaks it off.
      # @return [Link::SendAsk, nil] the last message, to be asked; nil: nothing was written, and it all goes in one
      # @raise [ClientGone, Error]
      def finish
        if @begun || !@buffer.empty?
          await_room(0)
          return last(take)
        end
        @head.length = 0 if @left.nil?
        return nil if complete?

        flush
        last(Frame::NOTHING)
      end

      private

      def last(text)
        @begun = true
        Link::SendAsk.new(message(text), Clock.now) { |_, error| @worker.answered(@delivery, error) }
      end

      def message(text, **options)
        Outgoing.new(@delivery.frame.reply_to, text, **options, **identity, **ALWAYS)
      end

      def cut(part)
        part = part.byteslice(0, @left)
        @left -= part.bytesize
        part
      end

      # Bytes for the last message: where Content-Length tells the end, that must have some.
      def held
        @left&.zero? ? PIECE : 0
      end

      # Waits until +most+ bytes are left, at most, beside those for the last message.
      def await_room(most)
        until @link.wait_for(@room, Clock.now + PATIENCE) { @error || @departure.gone? || @buffer.bytesize <= held + most }
          nil
        end
        check
      end

      # With the lock held: sends what waits, as far as it may.
      def pump
        send_piece while @under_way < WINDOW && @buffer.bytesize > held && !@error
      end

      def send_piece
        @under_way += 1
        message = message(take, receipt: 'done')
        @begun = true
        @link.ask(Link::SendAsk.new(message, Clock.now) { |_, error| taken(error) })
      end

      def taken(error)
        @under_way -= 1
        @error ||= error
        pump
        @room.broadcast
      end

      # Where the broker has a journal a piece can be sent again after a lost connection. Where it has none a new broker would not
      # know that the proxy has had it.
      def identity
        @link.welcome.journal == 'off' ? {} : { id: @worker.names.next, automatic: true }
      end

      # The next piece, the first with the head.
      def take
        text = @buffer.bytesize > PIECE ? @buffer.slice!(0, PIECE) : @buffer
        @buffer = String.new(encoding: Encoding::BINARY) if text.equal?(@buffer)
        @begun ? text : @head.message(text)
      end

      def check
        raise @error if @error
        raise ClientGone if @departure.gone?
      end
    end
  end
end
