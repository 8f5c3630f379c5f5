# frozen_string_literal: true

require 'json'

module Msglite
  module Web
    # What an application answered can't be sent.
    class InvalidResponse < StandardError; end

    # The status and headers of a response, checked.
    class ResponseHead
      NAME = /\A[!#$%&'*+.^_`|~0-9A-Za-z-]+\z/.freeze
      CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/n.freeze
      BODILESS = [204, 205, 304].freeze

      # What Content-Length says; nil: there is none.
      # @return [Integer, nil]
      attr_reader :length
      attr_reader :status

      # @raise [InvalidResponse]
      def initialize(status, headers)
        @status = status.to_i
        raise InvalidResponse, "a status of 200 to 599 was expected, not #{status.inspect}" unless @status.between?(200, 599)

        @list = []
        headers.each { |name, value| add(name.to_s, value) }
      end

      # Whether there can be no body, whatever the method.
      def bodiless?
        BODILESS.include?(@status)
      end

      # Where the application said nothing of the length and it is known.
      def length=(bytes)
        @list.push('Content-Length', bytes.to_s)
        @length = bytes
      end

      # As the proxy takes it: JSON, one byte of a value one character.
      def to_s
        JSON.generate([@status.to_s, @list])
      end

      private

      # Several values are several lines (Rack 2) or an array (Rack 3).
      def add(name, value)
        return if name.start_with?('rack.')
        raise InvalidResponse, "no name of a header: #{name.inspect}" unless NAME.match?(name)

        if value.is_a?(Array) then value.each { |one| push(name, one.to_s) }
        elsif (text = value.to_s).include?("\n") then text.split("\n").each { |one| push(name, one) }
        else push(name, text)
        end
      end

      def push(name, value)
        plain = value.ascii_only?
        raise InvalidResponse, "a control character in #{name}: #{value.inspect}" if CONTROL.match?(plain ? value : value.b)
        return note_length(value) if name.casecmp?('content-length')
        value = value.dup.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8) unless plain
        @list.push(name, value)
      end

      def note_length(value)
        raise InvalidResponse, "no length: #{value.inspect}" unless /\A\d{1,18}\z/.match?(value)
        raise InvalidResponse, 'Content-Length is there twice' if @length

        return if bodiless? && @status != 304

        self.length = value.to_i
      end
    end
  end
end
