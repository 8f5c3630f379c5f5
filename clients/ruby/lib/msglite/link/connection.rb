# frozen_string_literal: true

require 'io/nonblock'
require 'io/wait'
require 'socket'

module Msglite
  class Link
    # One connection to a broker, in the tagged protocol: made, greeted, read by one thread, written by one thread at a time.
    class Connection
      # The tag of every hello. No other command has it: theirs are letters and digits.
      HELLO = '!'
      CHUNK = 16 * 1024

      # What the broker said in answer to the hello.
      # - +journal+: what its journal survives: +off+, +normal+ or +full+
      # - +body+: most bytes of a body
      Welcome = Struct.new(:journal, :body)

      # @return [Welcome]
      attr_reader :welcome

      # @param settings [Settings]
      # @raise [Error] +unreachable+, +unauthorized+, +protocol+, …
      def self.open(endpoint, settings)
        connection = new(endpoint, settings)
        connection.greet
        connection
      rescue SystemCallError, SocketError, IOError, OpenSSLError => e
        connection&.close
        raise Error.new('unreachable', "no broker at #{endpoint}: #{e.message}")
      rescue Exception # Also when the thread is killed
        connection&.close
        raise
      end

      def initialize(endpoint, settings)
        @endpoint = endpoint
        @settings = settings
        @decoder = Decoder.new
        @chunk = String.new(capacity: CHUNK, encoding: Encoding::BINARY)
        @heard = Clock.now
        @greeting = false
        @io = Dial.dial(endpoint, settings)
        @raw = @io.to_io
        @pending = @io.respond_to?(:pending)
        # So that +await+ is one system call. Others say that they don't wait.
        @raw.nonblock = false unless @pending
      end

      # Says hello and waits for the answer.
      def greet
        deadline = Clock.now + @settings.connect_timeout
        @io.write(hello)
        loop do
          read { raise silent } if wait(deadline - Clock.now) && fill
          break if @welcome
          raise Error.new('unreachable', "no broker at #{@endpoint}: no answer in time") if Clock.now >= deadline
        end
      end

      # What there is to be said to keep the connection, at +now+; nil: nothing.
      # @raise [Error] +connection-lost+ if the broker was silent for too long
      def keep_alive(now)
        idle = @settings.idle
        return nil if idle.nil? || now - @heard < idle / 3.0
        raise lost("nothing was heard for #{idle} seconds") if now - @heard > idle + 1
        return nil if @greeting

        hello
      end

      # Waits up to +timeout+ seconds for something.
      # @return [Boolean] whether there may be something
      # @raise [Error] +connection-lost+
      def wait(timeout)
        return true if @pending && @io.pending.positive?

        !@raw.wait_readable([timeout, 0].max).nil?
      rescue SystemCallError, IOError => e
        raise lost(e.message)
      end

      # Fetches what is there, for +read+. Does not let other threads run meanwhile: switching costs more than reading.
      # @return [Boolean] whether there was something
      # @raise [Error] +connection-lost+
      def fill
        case @io.read_nonblock(CHUNK, @chunk, exception: false)
        when :wait_readable, :wait_writable then false
        when nil then raise lost('the broker closed it')
        else true
        end
      rescue SystemCallError, IOError, OpenSSLError => e
        raise lost(e.message)
      end

      # The same, waiting for it. Who is interrupted meanwhile may have lost something, and the connection with it.
      # @raise [Error] +connection-lost+
      def await
        whole = false
        @io.readpartial(CHUNK, @chunk)
        whole = true
      rescue SystemCallError, IOError, OpenSSLError => e
        raise lost(e.is_a?(EOFError) ? 'the broker closed it' : e.message)
      ensure
        abort unless whole
      end

      # What was fetched, answers to hellos excepted.
      # @yield [Frame]
      # @raise [Error] +protocol+, or why we were turned away
      def read
        @heard = Clock.now
        @decoder.push(@chunk)
        while (frame = @decoder.next)
          yield frame if frame.kind == :message || !ours?(frame)
        end
      end

      # Other threads run meanwhile only if the broker does not keep up.
      # @raise [SystemCallError, IOError] when it is gone
      def write(bytes)
        whole = false
        write_all(bytes)
        whole = true
      ensure
        # Half a command can't be followed by another.
        abort unless whole
      end

      # Ends it, from any thread: the reader notices.
      def abort
        @raw.shutdown(Socket::SHUT_RDWR)
      rescue SystemCallError, IOError
        nil # It has ended already.
      end

      # After our goodbye: the broker has so many seconds to close its side.
      def abort_later(seconds = 5)
        @leave_by = Clock.now + seconds
      end

      # Whether it has had them.
      def gone?
        !@leave_by.nil? && Clock.now >= @leave_by
      end

      # For the thread that reads.
      def close
        @io.close
      rescue SystemCallError, IOError, OpenSSLError
        nil # It was not open any more.
      end

      private

      def hello
        @greeting = true
        idle = @settings.idle
        Encode.hello(HELLO, @settings.token, idle && (idle * 1000))
      end

      def write_all(bytes)
        until bytes.empty?
          written = @io.write_nonblock(bytes, exception: false)
          case written
          when :wait_writable then @raw.wait_writable
          when :wait_readable then @raw.wait_readable
          else
            return if written == bytes.bytesize

            bytes = bytes.byteslice(written, bytes.bytesize)
          end
        end
      end

      # Whether it was for us.
      def ours?(frame)
        case frame.kind
        when :refused then raise Error.new('protocol', "no broker at #{@endpoint}: #{frame.text}")
        when :refusal then raise turned_away(frame) if frame.tag.empty?
        end
        return false unless frame.tag == HELLO

        welcomed(frame)
        true
      end

      def silent
        Error.new('protocol', "no broker at #{@endpoint}: it does not answer !!")
      end

      def welcomed(frame)
        raise turned_away(frame) if frame.kind == :refusal
        raise silent unless frame.kind == :done

        @greeting = false
        journal = frame.options['journal']
        journal = 'off' unless %w[normal full].include?(journal)
        @welcome ||= Welcome.new(journal, (frame.options['body'] || (1 << 30)).to_i)
      end

      def turned_away(frame)
        Error.new(frame.code.dup.force_encoding('UTF-8'), "the broker refused: #{frame.code} #{frame.text}")
      end

      def lost(why)
        return Error.new('unreachable', "no broker at #{@endpoint}: #{why}") unless @welcome

        Error.new('connection-lost', "the connection to the broker was lost: #{why}")
      end
    end
  end
end
