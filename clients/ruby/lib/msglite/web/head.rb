# frozen_string_literal: true

require 'json'

module Msglite
  module Web
    # A request's head, as the proxy tells it, in both envelopes.
    #
    # One that is written as our proxies do, with nothing escaped, is cut where its parts are known to end, for a fraction of the
    # cost of reading JSON. All others are read as JSON.
    class Head
      START = '{"v":2,"method":"'
      URL = '","url":"'
      PROTOCOL = '","protocol":"'
      CANCEL = '","cancelAddr":"'
      BODY = '","bodyAddr":"'
      FINISH = '"}'
      # So that they need not be made anew.
      METHODS = %w[GET HEAD POST PUT PATCH DELETE OPTIONS].to_h { |method| [method, method] }.freeze

      # @param message [String] binary: JSON, and in envelope 2 an LF and the body. Ours: without an LF it is taken for text
      # @raise [JSON::ParserError, KeyError, TypeError] it is no request
      def initialize(message)
        @json = message
        if (stop = message.index("\n"))
          @json = message.byteslice(0, stop)
          @body = message.byteslice(stop + 1, message.bytesize) if stop + 1 < message.bytesize
        end
        @json.force_encoding(Encoding::UTF_8)
        read unless @json.ascii_only? && cut
      end

      # What of the head clients say again and again, as it stood there; nil: it had to be read as JSON.
      # @return [String, nil]
      attr_reader :said

      # @return [Details]
      def details
        @details ||= Details.cut(@said) || read
      end

      # What follows holds once the details were asked for, or are known from another request that said the same.

      attr_reader :method, :url
      # Where pieces of the body come; nil: it is +body+.
      attr_reader :body_addr
      # Where we are told that nobody waits for the answer any more; nil: nowhere.
      attr_reader :cancel_addr
      # Binary: what of the body came with the head; nil: nothing.
      attr_reader :body

      # Envelope 1, in which the body is one message of its own, always.
      def original?
        @original || false
      end

      private

      def cut
        return false unless @json.start_with?(START) && @json.end_with?(FINISH)

        url = @json.index(URL, START.size)
        protocol = url && @json.index(PROTOCOL, url)
        cancel = protocol && @json.rindex(CANCEL)
        return false if cancel.nil? || cancel < protocol

        @method = METHODS[@json[START.size, url - START.size]]
        url += URL.size
        @url = @json[url, protocol - url]
        protocol += PROTOCOL.size
        @said = @json[protocol, cancel - protocol]
        cancel += CANCEL.size
        @cancel_addr = @json[cancel, @json.size - FINISH.size - cancel]
        @cancel_addr, _, @body_addr = @cancel_addr.partition(BODY) if @cancel_addr.include?(BODY)
        !@method.nil? && Head.plain?(@url) && Head.plain?(@cancel_addr) && (@body_addr.nil? || Head.plain?(@body_addr))
      end

      def read
        json = JSON.parse(@json)
        raise TypeError, 'an object was expected' unless json.is_a?(Hash)

        @said = nil
        @original = json['v'].nil?
        @method = METHODS.fetch(json.fetch('method')) { |method| method }
        @url = Head.bytes(json.fetch('url'))
        @body_addr = json['bodyAddr']
        @cancel_addr = json['cancelAddr']
        @details = Details.new(json.fetch('protocol'), json.fetch('headers'), json['scheme'], json['remoteAddr'] || '')
      end

      class << self
        # Whether JSON says it as it is.
        def plain?(text)
          !text.include?('"') && !text.include?('\\')
        end

        # One character is one byte.
        def bytes(text)
          text.ascii_only? ? text : text.encode(Encoding::ISO_8859_1).force_encoding(Encoding::BINARY)
        end
      end

      # What is the same for most requests of a client.
      class Details
        HEADERS = '","headers":['
        SCHEME = '],"scheme":"'
        REMOTE = '","remoteAddr":"'

        attr_reader :protocol, :remote_addr

        # @param said [String] as Head#said
        # @return [Details, nil] nil: it has to be read as JSON
        def self.cut(said)
          headers = said.index(HEADERS)
          scheme = headers && said.rindex(SCHEME)
          remote = scheme && said.index(REMOTE, scheme)
          return nil if remote.nil? || scheme < headers + HEADERS.size

          others = [said[0, headers], said[(scheme + SCHEME.size)...remote], said[(remote + REMOTE.size)..]]
          list = list_of(said[(headers + HEADERS.size)...scheme])
          new(others[0], list, others[1], others[2]) if list && others.all? { |text| Head.plain?(text) }
        end

        # @return [Array<String>, nil]
        def self.list_of(text)
          return [] if text.empty?
          return nil unless text.start_with?('"') && text.end_with?('"') && !text.include?('\\')

          list = text[1..-2].split('","', -1)
          list if list.size.even? && list.size * 2 == text.count('"')
        end

        def initialize(protocol, headers, scheme, remote_addr)
          @protocol = protocol
          @headers = headers
          @scheme = scheme
          @remote_addr = remote_addr
        end

        def scheme
          @scheme == 'https' ? 'https' : 'http'
        end

        # Names and values, in the order received; values are bytes.
        def each_header
          return @headers.each { |name, value| yield name, Head.bytes(value) } if @headers.is_a?(Hash)

          @headers.each_slice(2) { |name, value| yield name, Head.bytes(value) }
        end
      end
    end
  end
end
