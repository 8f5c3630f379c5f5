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

      # @param message [String] binary: JSON, and in envelope 2 an LF and the body
      # @raise [JSON::ParserError, KeyError, TypeError] it is no request
      def initialize(message)
        stop = message.index("\n") || message.bytesize
        json = JSON.parse(message.byteslice(0, stop).force_encoding(Encoding::UTF_8))
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
        @body = stop < message.bytesize ? message.byteslice(stop + 1, message.bytesize) : ''.b
      end

      # Envelope 1, in which the body is one message of its own, always.
      def original?
        @original
      end

      # Names and values, in the order received; values are bytes.
      def each_header
        return @headers.each { |name, value| yield name, Head.bytes(value) } if @headers.is_a?(Hash)

        @headers.each_slice(2) { |name, value| yield name, Head.bytes(value) }
      end

      # One character is one byte.
      def self.bytes(text)
        text.ascii_only? ? text : text.encode(Encoding::ISO_8859_1).force_encoding(Encoding::BINARY)
      end
    end
  end
end
