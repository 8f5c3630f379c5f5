# frozen_string_literal: true

module Msglite
  module Web
    # What a worker's process does.
    class WorkerProcess
      # @param load [#call] makes the application
      # @param lifeline [IO] ends when the master has gone
      # @param ready [IO] to be told when the application is loaded
      def initialize(options, load, lifeline, ready)
        @options = options
        @load = load
        @lifeline = lifeline
        @ready = ready
      end

      # @return [Integer] the exit status
      def run
        listen_to_signals
        leave_in_time
        worker = Worker.new(@load.call, @options)
        Yjit.enable if @options.yjit
        Room.make
        @ready.write("ready\n")
        worker.connect
        @worker = worker
        worker.run
        0
      rescue Exception => e # The master sees only how it ended
        @options.log.failure('worker failed', e)
        1
      end

      private

      def listen_to_signals
        @leave, @tell = IO.pipe
        Signal.trap('TERM') { @tell.write_nonblock('.', exception: false) }
        # The terminal sends it to all; the master says what is to be done.
        Signal.trap('INT') { nil }
        Signal.trap('HUP') { nil }
      end

      # When it is told to, or when the master has gone. Before there is a worker nothing is under way.
      def leave_in_time
        Thread.new do
          IO.select([@leave, @lifeline])
          @worker ? @worker.stop : exit!(0)
        end
      end
    end
  end
end
