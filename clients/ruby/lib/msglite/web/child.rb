# frozen_string_literal: true

module Msglite
  module Web
    # A worker process, as its master sees it.
    #
    #     booting -> ready -> leaving -> gone     or gone at any time
    class Child
      attr_reader :pid, :generation, :started
      attr_accessor :state

      # Forks. The block runs in the child, with an IO to which it writes a line when it is ready; it returns the exit status.
      def initialize(generation)
        @generation = generation
        @started = Clock.now
        @state = :booting
        @reader, writer = IO.pipe
        @pid = Process.fork do
          @reader.close
          exit(yield(writer))
        end
        writer.close
      end

      # To be selected on: readable when the child says that it is ready, or has gone.
      # @return [IO]
      attr_reader :reader

      # Whether it has said so.
      def hear
        line = @reader.read_nonblock(64, exception: false)
        return if line == :wait_readable

        @state = :ready if line && @state == :booting
        @reader.close if line.nil?
      end

      def listening?
        !@reader.closed?
      end

      def signal(signal)
        Process.kill(signal, @pid)
      rescue Errno::ESRCH
        nil # It is gone, and will be reaped.
      end

      # Tells it to finish what it has. Said again for as long as it is there: it may have been too early.
      def leave
        @leaving_since = Clock.now unless @state == :leaving
        @state = :leaving
        signal('TERM')
      end

      # Seconds since it was told to.
      def leaving_for
        @state == :leaving ? Clock.now - @leaving_since : 0
      end

      def gone
        @state = :gone
        @reader.close unless @reader.closed?
      end
    end
  end
end
