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

      # @param worker [Worker] with +client+, +link+, +places+, +environment+, +names+, +log+
      def initialize(worker, delivery)
        @worker = worker
        @delivery = delivery
      end

      # Never raises because of the application.
      def run(app)
        return forget('it has no reply address') if @delivery.frame.reply_to.nil?

        prepare
        answer(app)
      rescue JSON::ParserError, KeyError, TypeError, EncodingError => e
        raise if @env

        forget("it is no request: #{e.message}")
      ensure
        @departure&.forget
        @input&.dispose
      end

      # An answer that was begun and can't be finished is broken off by the proxy when it hears that.
      def give_back
        ended { @worker.link.give_back(@delivery, 0) }
      end

      private

      def prepare
        @head = Head.new(@delivery.frame.body)
        @env = @worker.environment.make(@head)
        @departure = Departure.new(@worker.link, @head.cancel_addr, @delivery)
        @env['msglite.departure'] = @departure
        @env['rack.input'] = @head.body_addr ? long_input : short_input
        @env['rack.response_finished'] = [] if @worker.environment.modern?
      end

      def short_input
        StringIO.new(@head.body || Frame::NOTHING.dup)
      end

      def long_input
        pieces = Pieces.new(@worker.client, @head.body_addr, @departure, single: @head.original?)
        return @input = Input.new(pieces) if body_expected?

        # Envelope 1 has an empty one, which the first of several handlers may have taken.
        pieces.drop
        short_input
      end

      def body_expected?
        return true unless @head.original?

        @head.details.each_header do |name, value|
          return true if name.casecmp?('transfer-encoding') || (name.casecmp?('content-length') && value.to_i.positive?)
        end
        false
      end

      def answer(app)
        # Of a body whose length was not announced only its end tells it, and many applications read nothing without.
        @env['CONTENT_LENGTH'] ||= @input.size.to_s if @input
        status, headers, body = app.call(@env)
        begin
          respond(ResponseHead.new(status, headers), body)
        ensure
          close(body) if body.respond_to?(:close)
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
        now = Clock.now
        finish(Answer.new(@worker, @delivery, head.message(text), now), now)
      end

      def stream(head)
        @reply = Reply.new(@worker, @delivery, @departure, head)
        yield
        @worker.log.error('answer broken off', why: 'it has fewer bytes than Content-Length says', **about) unless @reply.complete?
        last = @reply.finish
        last ? finish(last, Clock.now) : whole(head, '')
      end

      # It is written with what else there is to be said, at the latest when the next request is asked for.
      def finish(ask, now)
        raise ClientGone if @delivery.lost

        @finished = true
        @worker.link.lock.synchronize { @worker.link.ask(ask, now) }
      end

      # Who closes may take his time, and the answer need not wait for that.
      def close(body)
        @worker.link.flush
        body.close
      end

      def failed(error)
        @worker.log.failure('application failed', error, **about)
        return if @finished
        return give_back if @reply&.begun

        head = ResponseHead.new(500, PLAIN)
        head.length = FAILED.bytesize
        whole(head, @head.method == 'HEAD' ? '' : FAILED)
        finished(500, PLAIN, error)
      rescue ClientGone
        done
      end

      def fail_midway(error)
        # The application may have used a client of its own.
        return failed(error) if @finished || !@reply&.begun

        @worker.log.error('answer broken off', code: error.code, why: error.message, **about)
        give_back
      end

      def done
        ended { @worker.link.done(@delivery) }
      end

      def ended
        @worker.link.lock.synchronize do
          yield
          @worker.places.release(@delivery)
        end
        @worker.link.flush
      end

      def forget(why)
        @worker.log.warn('no request', why: why, to: @delivery.frame.to)
        done
      end

      def finished(status, headers, error)
        callbacks = @env['rack.response_finished']
        return if callbacks.nil? || callbacks.empty?

        @worker.link.flush
        callbacks.reverse_each do |callback|
          callback.call(@env, status, headers, error)
        rescue StandardError => e
          @worker.log.failure('rack.response_finished failed', e, **about)
        end
      end

      def about
        { method: @head.method, url: @head.url }
      end
    end
  end
end
