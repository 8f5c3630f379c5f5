# frozen_string_literal: true

module Msglite
  # What one line of the broker says, with its body. All strings are binary, +timeout+ is in milliseconds.
  class Frame
    NOTHING = ''.b.freeze

    # @return [Symbol] +:done+, +:refusal+, +:message+, +:over+, +:answer+; +:refused+ is ours, about what can't be understood
    attr_accessor :kind
    # Empty: about no command that could be told.
    attr_accessor :tag
    # Bytes that follow the line.
    attr_accessor :body_length, :body
    # Of a message.
    attr_accessor :to, :reply_to, :timeout, :attempt, :delivery, :id, :sent_to
    # Of a refusal.
    attr_accessor :code, :text
    # Of +:done+.
    attr_accessor :options
    # Of +:refused+: bytes that are passed over; nil: nothing can be decoded after it.
    attr_accessor :skip

    def initialize(kind, tag)
      @kind = kind
      @tag = tag
      @body_length = 0
      @body = NOTHING
    end

    def self.refused(code, text, tag = nil, skip = nil)
      frame = new(:refused, tag)
      frame.code = code
      frame.text = text
      frame.skip = skip
      frame
    end

    # A message under a lease. Its line is kept as words, of which most are never looked at: that is cheaper than to note each.
    class Message < Frame
      # @param words [Array<String>] of a line that Answers::MESSAGE describes
      def initialize(words)
        @words = words
        @body_length = words[2].to_i
        @body = NOTHING
      end

      def kind
        :message
      end

      def tag
        @words[1]
      end

      def timeout
        @words[3].to_i * 1000
      end

      def to
        @words[4]
      end

      def reply_to
        address = @words[5]
        address == '-' ? nil : address
      end

      def attempt
        @words[6].delete_prefix('attempt=').to_i
      end

      def delivery
        @words[7].delete_prefix('delivery=').freeze
      end

      def id
        @words[8]&.delete_prefix('id=')
      end
    end

    # That something was done, and no more.
    class Receipt < Frame
      attr_reader :tag

      def initialize(tag)
        @tag = tag
      end

      def kind
        :done
      end

      def body_length
        0
      end

      def options
        Answers::NO_OPTIONS
      end
    end
  end
end
