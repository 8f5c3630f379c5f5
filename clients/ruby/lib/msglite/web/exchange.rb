# frozen_string_literal: true

module Msglite
  module Web
    # One request, from the message to the last piece of its answer.
    #
    # It is acknowledged when the broker has the end of the answer. Before that, if this process dies, the proxy gives it to another
    # one, or tells its client, as is right for its method.
    class Exchange
      FAILED = "500 Internal Server Error\n"
      PLAIN = { 'content-type' => 'text/plain' }.freeze

      # @param worker [Worker] with +client+, +stream+, +environment+, +names+, +log+
      def initialize(worker, delivery)
        @worker = worker
        @link = worker.client.link
        @delivery = delivery
        @log = worker.log
      end

      # Never raises because of the application.
      def run(app)
        @head = Head.new(@delivery.frame.body)
        @to = @delivery.frame.reply_to
        return forget('it has no reply address') if @to.nil?

        prepare
        answer(app)
      rescue JSON::ParserError, KeyError, TypeError, EncodingError => e
        raise if @head

        forget("it is no request: #{e.message}")
      ensure
        @departure&.forget
        @input.dispose if @input.is_a?(Input)
      end

      private

      def prepare
        @departure = Departure.new(@worker.client, @head.cancel_addr, @delivery)
        @reply = Reply.new(@link, @to, @departure, @worker.names)
        @input = input
        @env = @worker.environment.make(@head, @input)
        @env['msglite.departure'] = @departure
        @env['rack.response_finished'] = [] if @worker.environment.modern?
      end

      # Of a body whose length was not announced only its end tells it, and many applications read nothing without.
      def measure
        @env['CONTENT_LENGTH'] ||= @input.size.to_s if @input.is_a?(Input)
      end

      def input
        return StringIO.new(@head.body) if @head.body_addr.nil?

        pieces = Pieces.new(@worker.client, @head.body_addr, @departure, single: @head.original?)
        return Input.new(pieces) if body_expected?

        # Envelope 1 has an empty one, which the first of several handlers may have taken.
        pieces.drop
        StringIO.new(@head.body)
      end

      def body_expected?
        return true unless @head.original?

        @head.each_header do |name, value|
          return true if name.casecmp?('transfer-encoding') || (name.casecmp?('content-length') && value.to_i.positive?)
        end
        false
      end

      def answer(app)
        measure
        status, headers, body = app.call(@env)
        begin
          respond(ResponseHead.new(status, headers), body)
        ensure
          body.close if body.respond_to?(:close)
        end
        finished(status, headers, nil)
      rescue ClientGone
        # Not the application's fault, and nobody to tell.
        done
      rescue Error => e
        fail_midway(e)
      rescue Exception => e # Whatever an application does, the next request comes
        failed(e)
      end

      def respond(head, body)
        if @head.method == 'HEAD' || head.bodiless? then whole(head, '')
        elsif body.respond_to?(:to_ary) then gathered(head, body.to_ary)
        elsif body.respond_to?(:to_path) && body.to_path then file(head, body.to_path)
        elsif body.respond_to?(:each) then stream(head) { body.each { |part| @reply.write(part) } }
        else stream(head) { body.call(Stream.new(@env['rack.input'], @reply)) }
        end
      end

      def gathered(head, parts)
        text = parts.size == 1 ? parts.first.b : parts.map(&:b).join.b
        head.length = text.bytesize if head.length.nil?
        text = text.byteslice(0, head.length) if text.bytesize > head.length
        return whole(head, text) if text.bytesize <= Reply::PIECE && text.bytesize == head.length

        stream(head) { @reply.write(text) }
      end

      def file(head, path)
        File.open(path, 'rb') do |file|
          head.length = file.size if head.length.nil?
          stream(head) do
            while (piece = file.read(Reply::PIECE))
              @reply.write(piece)
            end
          end
        end
      end

      def whole(head, text)
        finish(@reply.whole(head, text) { |error| settled(error) })
      end

      def stream(head)
        @reply.start(head)
        yield
        @log.error('answer broken off', why: 'it has fewer bytes than Content-Length says', **about) unless @reply.complete?
        finish(@reply.finish { |error| settled(error) })
      end

      # The place is free for the next request, which is asked for in the same breath.
      def finish(ask)
        raise ClientGone if @delivery.lost

        @finished = true

        @link.lock.synchronize do
          @link.ask(ask)
          @worker.stream.free(@delivery)
        end
        @worker.stream.ready? ? @link.flush_soon : @link.flush
      end

      # With the lock held: the broker has the answer, or will not have it. Then it is as if we had died.
      def settled(error)
        if error.nil?
          @link.done(@delivery)
        else
          @log.error('answer refused', code: error.code, why: error.message, **about) unless error.code == 'closed'
          @link.give_back(@delivery, 0)
        end
        @worker.stream.release(@delivery)
      end

      def failed(error)
        @log.failure('application failed', error, **about)
        return if @finished
        return give_back if @reply.begun

        head = ResponseHead.new(500, PLAIN)
        head.length = FAILED.bytesize
        whole(head, @head.method == 'HEAD' ? '' : FAILED)
        finished(500, PLAIN, error)
      rescue ClientGone
        done
      end

      def fail_midway(error)
        # The application may have used a client of its own.
        return failed(error) if @finished || !@reply.begun

        @log.error('answer broken off', code: error.code, why: error.message, **about)
        give_back
      end

      # An answer that was begun and can't be finished is broken off by the proxy when it hears that.
      def give_back
        ended { @link.give_back(@delivery, 0) }
      end

      def done
        ended { @link.done(@delivery) }
      end

      def ended
        @link.lock.synchronize do
          yield
          @worker.stream.release(@delivery)
        end
        @link.flush
      end

      def forget(why)
        @log.warn('no request', why: why, to: @delivery.frame.to)
        done
      end

      def finished(status, headers, error)
        callbacks = @env['rack.response_finished']
        callbacks&.reverse_each do |callback|
          callback.call(@env, status, headers, error)
        rescue StandardError => e
          @log.failure('rack.response_finished failed', e, **about)
        end
      end

      def about
        { method: @head.method, url: @head.url }
      end
    end
  end
end
