# frozen_string_literal: true

require 'fileutils'

module Msglite
  module Web
    # Keeps so many workers, in processes of their own, and replaces those that end.
    #
    # - SIGHUP: new workers load the application again; when all of them are ready the old ones finish what they have and end. If
    #   one of the new can't load it, the old ones stay.
    # - SIGTERM, SIGINT: the workers finish what they have and end, and so does the master.
    #
    # No request is lost by any of that: who is free takes the next one, and until then it waits in its queue.
    class Master
      SIGNALS = %w[CHLD HUP TERM INT].freeze
      TERM = Signal.list.fetch('TERM')
      # Seconds before a worker that ended at once is replaced.
      PAUSE = 1

      # @param options [Options]
      # @param load [#call] makes the application, in the worker
      def initialize(options, load)
        @options = options
        @log = options.log
        @load = load
        @children = {}
        @generation = 0
        @signals = []
        @stopping = false
        @retry_at = 0
      end

      # Returns when all is over.
      # @return [Boolean] whether it ended well
      def run
        prepare
        @log.notice('started', pid: Process.pid, workers: @options.workers, threads: @options.threads,
                               broker: Array(@options.broker).join(','))
        fill
        step until over?
        @log.notice('stopped', pid: Process.pid)
        @failed.nil?
      ensure
        release
      end

      private

      def prepare
        @waker, @wake = IO.pipe
        # Its end tells workers that the master has gone.
        @lifeline, @life = IO.pipe
        File.write(@options.pid, "#{Process.pid}\n") if @options.pid
        @before = SIGNALS.to_h { |signal| [signal, Signal.trap(signal) { note(signal) }] }
      end

      def note(signal)
        @signals << signal
        @wake.write_nonblock('.', exception: false)
      end

      def release
        @before&.each { |signal, handler| Signal.trap(signal, handler || 'DEFAULT') }
        [@waker, @wake, @lifeline, @life].compact.each(&:close)
        FileUtils.rm_f(@options.pid) if @options.pid
      end

      def over?
        @stopping && @children.empty?
      end

      def step
        readers = @children.values.select(&:listening?).to_h { |child| [child.reader, child] }
        ready, = IO.select([@waker, *readers.keys], nil, nil, PAUSE)
        @waker.read_nonblock(64, exception: false) if ready&.include?(@waker)
        ready&.each { |io| readers[io]&.hear }
        act(@signals.shift) until @signals.empty?
        reap
        look_after
      end

      def act(signal)
        case signal
        when 'HUP' then reload
        when 'TERM', 'INT' then stop(signal)
        end
      end

      def stop(signal)
        @log.notice('stopping', signal: "SIG#{signal}") unless @stopping
        @stopping = true
        @children.each_value(&:leave)
      end

      # Another one while the last is under way replaces that.
      def reload
        return if @stopping

        @generation += 1
        @log.notice('reloading', generation: @generation)
        newest.each { |child| child.leave unless child.generation == @serving }
        fill
      end

      def newest
        @children.values.reject { |child| child.state == :leaving }
      end

      def current
        newest.select { |child| child.generation == @generation }
      end

      def fill
        (@options.workers - current.size).times { start(@generation) } unless @stopping
      end

      def start(generation)
        inherited = [@waker, @wake, @life, *@children.values.select(&:listening?).map(&:reader)]
        child = Child.new(generation) do |writer|
          SIGNALS.each { |signal| Signal.trap(signal, 'DEFAULT') }
          inherited.each(&:close)
          WorkerProcess.new(@options, @load, @lifeline, writer).run
        end
        @children[child.pid] = child
      end

      def reap
        while (pid, status = Process.wait2(-1, Process::WNOHANG)) && pid
          child = @children.delete(pid)
          next if child.nil?

          state = child.state
          child.gone
          ended(child, state, status)
        end
      rescue Errno::ECHILD
        nil # There are none.
      end

      def ended(child, state, status)
        return @log.debug('worker left', pid: child.pid) if status.success? && state != :booting

        why = status.signaled? ? "signal #{status.termsig}" : "status #{status.exitstatus}"
        @log.warn('worker ended', pid: child.pid, why: why) unless state == :leaving && status.termsig == TERM
        @retry_at = Clock.now + PAUSE if Clock.now - child.started < PAUSE
        failed_to_boot(child) if state == :booting
      end

      def failed_to_boot(child)
        if child.generation == @generation && @serving && @serving != @generation
          @log.error('reload given up: the application does not load', generation: @generation)
          newest.each { |other| other.leave if other.generation == @generation }
          @generation = @serving
        elsif @serving.nil? && !@stopping
          @failed = true
          stop('TERM')
        end
      end

      def look_after
        @children.each_value { |child| hasten(child) }
        return if @stopping

        fill if Clock.now >= @retry_at
        return unless @serving != @generation && current.count { |child| child.state == :ready } >= @options.workers

        @serving = @generation
        @log.notice('serving', generation: @generation, workers: @options.workers)
        newest.each { |child| child.leave unless child.generation == @serving }
      end

      def hasten(child)
        child.leave if child.state == :leaving
        too_slow = child.state == :booting && Clock.now - child.started > @options.boot_timeout
        return unless too_slow || child.leaving_for > @options.drain_timeout

        @log.error('worker killed', pid: child.pid, why: too_slow ? 'it did not start in time' : 'it did not end in time')
        child.signal('KILL')
      end
    end
  end
end
