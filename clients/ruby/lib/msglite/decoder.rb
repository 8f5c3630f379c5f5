# frozen_string_literal: true

module Msglite
  # Bytes in, frames out; it knows no socket. Feed it with +push+, then take with +next+ until that returns nil. What can't be
  # understood comes as a frame of the kind +:refused+. Where that says how much to +skip+, so much is passed over, with the line
  # end behind it; otherwise it is the last that comes.
  class Decoder
    NO_END = 'body must be followed by \r\n'

    # @param line [Integer] bytes of a line at most, its end included
    # @param body [Integer] bytes of a body at most
    def initialize(line: 64 * 1024, body: 1024 * 1024 * 1024)
      @line = line
      @body = body
      @data = String.new(encoding: Encoding::BINARY)
      @position = 0
      @open = nil
      @skip = nil
      @broken = false
    end

    # @param bytes [String] binary; not kept
    def push(bytes)
      if @position == @data.bytesize
        @data.clear
        @position = 0
      elsif @position > 64 * 1024
        @data = @data.byteslice(@position, @data.bytesize)
        @position = 0
      end
      @data << bytes
    end

    # @return [Frame, nil] nil: there is no whole one
    def next
      return nil if @broken || @position == @data.bytesize

      frame = if @open then finish(@open)
              elsif @skip then pass_over
              else line
              end
      refuse(frame.skip) if frame && frame.kind == :refused
      frame
    end

    private

    def refuse(skip)
      if skip.nil? then @broken = true
      elsif skip.positive? then @skip = skip
      end
    end

    def pass_over
      passed = [@skip, @data.bytesize - @position].min
      @skip -= passed
      @position += passed
      return nil if @skip.positive?

      after = body_end(@position)
      return nil if after.nil?
      return Frame.refused('bad-length', NO_END) if after.zero?

      @skip = nil
      @position = after
      line
    end

    def line
      frame = nil
      while frame.nil?
        stop = @data.index("\n", @position)
        return too_long if (stop ? stop + 1 : @data.bytesize + 1) - @position > @line
        return nil if stop.nil?

        frame = Answers.parse(@data.byteslice(@position, stop - @position))
        @position = stop + 1
      end
      length = frame.body_length
      return frame if length == 0
      return too_large(frame) if length > @body

      @open = frame
      finish(frame)
    end

    def too_long
      Frame.refused('line-too-long', "a line has at most #{@line} bytes")
    end

    def too_large(frame)
      text = "a body has at most #{@body} bytes, not #{frame.body_length}"
      Frame.refused('body-too-large', text, frame.tag, frame.body_length)
    end

    def finish(frame)
      stop = @position + frame.body_length
      after = body_end(stop)
      return nil if after.nil?

      @open = nil
      return Frame.refused('bad-length', NO_END, frame.tag) if after == 0

      frame.body = @data.byteslice(@position, frame.body_length)
      @position = after
      frame
    end

    # Just past the CRLF or LF at +stop+; 0 if something else is there, nil if that can't be told yet.
    def body_end(stop)
      case @data.getbyte(stop)
      when nil then nil
      when 10 then stop + 1
      when 13
        after = @data.getbyte(stop + 1)
        return nil if after.nil?

        after == 10 ? stop + 2 : 0
      else 0
      end
    end
  end
end
