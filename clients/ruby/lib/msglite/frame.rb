# frozen_string_literal: true

module Msglite
  # What one line of the broker says, with its body. All strings are binary, +timeout+ is in milliseconds.
  class Frame
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
      @body = ''.b
    end

    def self.refused(code, text, tag = nil, skip = nil)
      frame = new(:refused, tag)
      frame.code = code
      frame.text = text
      frame.skip = skip
      frame
    end
  end
end
