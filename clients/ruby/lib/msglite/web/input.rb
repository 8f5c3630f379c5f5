# frozen_string_literal: true

require 'stringio'
require 'tempfile'

module Msglite
  module Web
    # <tt>rack.input</tt> of a body that comes in pieces: read as it comes, and kept, in a temporary file past some size, so that
    # it can be read again.
    class Input
      # Bytes that are kept in memory.
      MEMORY = 1024 * 1024

      # @param pieces [Pieces]
      def initialize(pieces)
        @pieces = pieces
        @kept = StringIO.new(String.new(encoding: Encoding::BINARY))
        @size = 0
        @complete = false
      end

      # @raise [ClientGone, Pieces::Lost] the rest does not come
      def read(length = nil, buffer = nil)
        length.nil? ? complete : fill(@kept.pos + length)
        return @kept.read(length) if buffer.nil?

        # StringIO would leave it as it was.
        @kept.read(length, buffer.force_encoding(Encoding::BINARY))
      end

      # @raise as +read+
      def gets(*arguments)
        complete
        @kept.gets(*arguments)
      end

      # @raise as +read+
      def each(*arguments, &block)
        return enum_for(:each, *arguments) unless block

        complete
        @kept.each(*arguments, &block)
        self
      end

      def rewind
        @kept.rewind
        0
      end

      # @raise as +read+
      def seek(offset, whence = IO::SEEK_SET)
        complete
        @kept.seek(offset, whence)
      end

      def pos
        @kept.pos
      end
      alias tell pos

      # @raise as +read+
      def eof?
        fill(@kept.pos + 1)
        @kept.eof?
      end

      # Bytes in all; waits for them.
      # @raise as +read+
      def size
        complete
        @size
      end
      alias length size

      def external_encoding
        Encoding::BINARY
      end

      def binmode?
        true
      end

      # For the server: what was not read is not wanted any more.
      def dispose
        @pieces.drop
        @kept.respond_to?(:close!) ? @kept.close! : @kept.close
      end

      private

      def complete
        fill(Float::INFINITY)
      end

      def fill(wanted)
        until @complete || @size >= wanted
          piece = @pieces.next
          piece ? keep(piece) : @complete = true
        end
      end

      def keep(piece)
        position = @kept.pos
        spill if @size + piece.bytesize > MEMORY && @kept.is_a?(StringIO)
        @kept.seek(0, IO::SEEK_END)
        @kept.write(piece)
        @size += piece.bytesize
        @kept.seek(position)
      end

      def spill
        file = Tempfile.new('msglite', binmode: true)
        file.unlink
        file.write(@kept.string)
        @kept = file
      end
    end
  end
end
