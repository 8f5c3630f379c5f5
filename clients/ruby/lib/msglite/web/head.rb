# frozen_string_literal: true

require 'json'

module Msglite
  module Web
    # A request's head, as the proxy tells it, in both envelopes.
    class Head
      # Methods of which the handler may be another than the first.
      attr_reader :method, :url, :protocol, :scheme, :remote_addr
      # Where pieces of the body come; nil: it is +body+.
      attr_reader :body_addr
      # Where we are told that nobody waits for the answer any more; nil: nowhere.
      attr_reader :cancel_addr
      # @return [String] binary; what of the body came with the head
      attr_reader :body

      # The headers as they stood in the message, where it is one of PLAIN; clients say the same again and again.
      attr_reader :list

      # What proxies write, in their order, where nothing in it is escaped. A third of the cost of reading JSON.
      TEXT = /"([^"\\]*)"/n.freeze
      PLAIN = /\A\{"v":2,"method":#{TEXT},"url":#{TEXT},"protocol":#{TEXT},"headers":\[((?:"[^\\]*")?)\],
               "scheme":#{TEXT},"remoteAddr":#{TEXT},"cancelAddr":#{TEXT}(?:,"bodyAddr":#{TEXT})?\}\z/nx.freeze

      # @param message [String] binary: JSON, and in envelope 2 an LF and the body
      # @raise [JSON::ParserError, KeyError, TypeError] it is no request
      def initialize(message)
        stop = message.index("\n") || message.bytesize
        json = message.byteslice(0, stop).force_encoding(Encoding::UTF_8)
        if json.ascii_only? && (match = PLAIN.match(json)) then plain(match)
        else parsed(json)
        end
        @body = stop < message.bytesize ? message.byteslice(stop + 1, message.bytesize) : ''.b
      end

      # Envelope 1, in which the body is one message of its own, always.
      def original?
        @original
      end

      # Names and values, in the order received; values are bytes.
      def each_header
        @headers ||= split
        return @headers.each { |name, value| yield name, Head.bytes(value) } if @headers.is_a?(Hash)

        @headers.each_slice(2) { |name, value| yield name, Head.bytes(value) }
      end

      # One character is one byte.
      def self.bytes(text)
        text.ascii_only? ? text : text.encode(Encoding::ISO_8859_1).force_encoding(Encoding::BINARY)
      end

      private

      def plain(match)
        @original = false
        _, @method, @url, @protocol, @list, scheme, @remote_addr, @cancel_addr, @body_addr = match.to_a
        @scheme = scheme == 'https' ? 'https' : 'http'
      end

      # Names and values without what is between them.
      def split
        headers = @list.empty? ? [] : @list[1..-2].split('","', -1)
        raise TypeError, 'the headers are names and values' if headers.size.odd? || headers.size * 2 != @list.count('"')

        headers
      end

      def parsed(text)
        json = JSON.parse(text)
        raise TypeError, 'an object was expected' unless json.is_a?(Hash)

        @original = json['v'].nil?
        @method = json.fetch('method')
        @url = Head.bytes(json.fetch('url'))
        @protocol = json.fetch('protocol')
        @headers = json.fetch('headers')
        @scheme = json['scheme'] == 'https' ? 'https' : 'http'
        @remote_addr = json['remoteAddr'] || ''
        @body_addr = json['bodyAddr']
        @cancel_addr = json['cancelAddr']
      end
    end
  end
end
