# frozen_string_literal: true

module Msglite
  class Link
    # Who reads. The thread that waits first polls the socket, for itself and for all others; while none waits the link's own does.
    module Polling
      # Waits until the block, called with the lock held, says so. Not called with the lock held.
      # @param cond what is signalled when that may be so
      # @param due [Float, nil] on the clock; nil: never
      # @return [Boolean] false: that time has come
      def wait_for(cond, due = nil)
        @lock.synchronize do
          until yield
            pause = due ? due - Clock.now : LONGEST_PAUSE
            return false if due && pause <= 0

            if pollable? then poll(pause, cond)
            else wait_in_line(cond, pause)
            end
          end
          true
        end
      end

      # Whether what comes now was read by a thread that waits for this.
      def polled_for?(cond)
        @polled_for.equal?(cond)
      end

      # For those who wait in turns of their own, with the lock held once

      # Whether nobody reads, and there is something to read.
      def pollable?
        @poller.nil? && @state == :up && @failure.nil?
      end

      # Writes what was said and reads, without the lock, however long that takes, and takes what came. Nobody may interrupt it.
      # @param cond as of +wait_for+
      def read_on(cond)
        connection = @connection
        @poller = Thread.current
        # Who writes just now has what was said before, and waits for the lock.
        bytes = take_out if !@out.empty? && @writing.try_lock
        @lock.exit
        begin
          bytes ? write_tried(connection, bytes) : flush
          connection.await
        ensure
          @lock.enter
          @poller = nil
        end
        absorb(connection, cond)
      rescue Error => e
        @failure ||= e if connection.equal?(@connection)
      ensure
        rouse
      end

      # Waits while somebody else reads, who signals when there is need, or while there is no connection.
      def wait_in_reserve(cond)
        cond.wait(@poller ? LONGEST_PAUSE : SHORT_PAUSE)
      end

      def unlocked
        @lock.exit
        yield
      ensure
        @lock.enter
      end

      private

      # Whoever polls just now has this one look when he stops, whatever came.
      def wait_in_line(cond, pause)
        @heir = cond
        cond.wait(pause)
      end

      # What the link's own thread does while there is a connection.
      def watch(connection)
        @lock.synchronize do
          reads = @reads
          @watch.wait(@quiet ? next_pause : [@tick, next_pause].min) if @state == :up
          raise @failure if @failure

          look_after(connection)
          @tickers.each(&:tick)
          poll(next_pause) if @poller.nil?
          raise @failure if @failure

          @idle_ticks = @poller && reads == @reads ? @idle_ticks + 1 : 0
          @quiet = @idle_ticks >= TICKS
        end
        flush
      end

      def next_pause
        due = @deliveries.due
        due ? (due - Clock.now).clamp(0, LONGEST_PAUSE) : LONGEST_PAUSE
      end

      def look_after(connection)
        now = Clock.now
        @deliveries.tick(now)
        text = connection.keep_alive(now)
        say(text) if text && up?
      end

      # With the lock held, once: waits for the socket without it, and takes what comes. An interrupt (as of Timeout.timeout) comes
      # while it waits, and not between reading something and taking it.
      def poll(pause, cond = nil)
        connection = @connection
        Thread.handle_interrupt(Object => :never) do
          @poller = Thread.current
          @lock.exit
          begin
            flush
            ready = Thread.handle_interrupt(Object => :immediate) { connection.wait(pause) }
          ensure
            @lock.enter
            @poller = nil
          end
          absorb(connection, cond) if ready && connection.fill
        rescue Error => e
          @failure ||= e if connection.equal?(@connection)
        ensure
          rouse
        end
      end

      # Once the right to write was got.
      def write_tried(connection, bytes)
        write_to(connection, bytes)
      ensure
        @writing.unlock
      end

      # Somebody is to look after the socket while this thread does other things.
      def rouse
        if @heir
          @heir.signal
          @heir = nil
        end
        return unless @quiet || @failure

        @quiet = false
        @idle_ticks = 0
        @watch.signal
      end

      def absorb(connection, cond)
        return unless connection.equal?(@connection)

        @reads += 1
        @polled_for = cond
        connection.read { |frame| take(frame) }
      ensure
        @polled_for = nil
      end

      def take(frame)
        return if @state == :closing
        return if case frame.kind
                  when :message then @receives.message(frame)
                  when :done, :answer then @asks.answered(frame)
                  when :over then @receives.over_tag(frame)
                  else refused(frame)
                  end

        raise Error.new('protocol', "an answer came that nobody had asked for: #{frame.kind} #{frame.tag}")
      end

      def refused(frame)
        return @asks.refused(frame) || @receives.refused(frame) unless frame.tag.start_with?('@')

        @deliveries.refused(frame.tag)
        true
      end
    end
  end
end
