# frozen_string_literal: true

require 'json'

module Msglite
  module Web
    # What an application answered can't be sent.
    class InvalidResponse < StandardError; end

    # The status and headers of a response, checked, and written down as the proxy takes them: JSON, one byte of a value one
    # character.
    class ResponseHead
      NAME = /\A[!#$%&'*+.^_`|~0-9A-Za-z-]+\z/.freeze
      CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/n.freeze
      # What JSON takes as it is.
      PLAIN = /\A[ !#-\[\]-~]*\z/.freeze
      BODILESS = [204, 205, 304].freeze
      STATUSES = (200..599)
      BEGINNINGS = STATUSES.to_h { |status| [status, "[\"#{status}\",[".b.freeze] }.freeze
      AFTER = '",'
      # Names that are known, so that they need not be looked at for each response.
      MOST_KNOWN = 1000
      LENGTH = Object.new.freeze
      SKIPPED = Object.new.freeze
      KNOWN = {}
      private_constant :KNOWN

      # What Content-Length says; nil: there is none.
      # @return [Integer, nil]
      attr_reader :length
      attr_reader :status

      # @raise [InvalidResponse]
      def initialize(status, headers)
        @status = status.to_i
        beginning = BEGINNINGS[@status]
        raise InvalidResponse, "a status of 200 to 599 was expected, not #{status.inspect}" if beginning.nil?

        @text = beginning.dup
        headers.each do |name, value|
          known = KNOWN[name] || learn(name.to_s)
          if known.is_a?(String) && value.is_a?(String) && value.ascii_only? && PLAIN.match?(value)
            @text << known << value << AFTER
          else
            add(known, name, value)
          end
        end
      end

      # Whether there can be no body, whatever the method.
      def bodiless?
        BODILESS.include?(@status)
      end

      # Where the application said nothing of the length and it is known.
      def length=(bytes)
        @text << '"Content-Length","' << bytes.to_s << AFTER
        @length = bytes
      end

      # With the beginning of the body, if there is some. Once, when all is known.
      # @param body [String] binary
      # @return [String] binary
      def message(body)
        @text.chomp!(',')
        @text << ']]'
        body.empty? ? @text : @text << "\n" << body
      end

      private

      # How a name begins its part of the text, or what else it is.
      # @return [String, LENGTH, SKIPPED]
      def learn(name)
        KNOWN.clear if KNOWN.size >= MOST_KNOWN
        KNOWN[name.dup.freeze] = look_at(name)
      end

      def look_at(name)
        return SKIPPED if name.start_with?('rack.')
        raise InvalidResponse, "no name of a header: #{name.inspect}" unless NAME.match?(name)

        name.casecmp?('content-length') ? LENGTH : "\"#{name}\",\"".freeze
      end

      # Several values are several lines (Rack 2) or an array (Rack 3).
      def add(known, name, value)
        return if known.equal?(SKIPPED)
        return value.each { |one| push(known, name, one.to_s) } if value.is_a?(Array)

        text = value.to_s
        text.include?("\n") ? text.split("\n").each { |one| push(known, name, one) } : push(known, name, text)
      end

      def push(known, name, value)
        return note_length(value) if known.equal?(LENGTH)

        plain = value.ascii_only?
        raise InvalidResponse, "a control character in #{name}: #{value.inspect}" if CONTROL.match?(plain ? value : value.b)

        value = value.dup.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8) unless plain
        @text << known << JSON.generate(value).byteslice(1..).b << ','
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
