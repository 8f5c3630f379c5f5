# frozen_string_literal: true

module Msglite
  # Where a broker is: a unix socket's path, or a TCP host and port.
  class Endpoint
    attr_reader :path, :host, :port

    def initialize(path: nil, host: nil, port: nil)
      @path = path
      @host = host
      @port = port
    end

    # Several: an array of texts, or one text with commas between.
    # @return [Array<Endpoint>] at least one
    # @raise [Error] +bad-argument+
    def self.parse_all(addresses)
      texts = Array(addresses).flat_map { |text| text.to_s.split(/,(?=\s*(?:unix|tcp):)/) }
      raise Error.bad('at least one address is needed') if texts.empty?

      texts.map { |text| parse(text.strip) }
    end

    # @param text [String] <tt>unix:/path</tt> or <tt>tcp:host:port</tt>
    # @raise [Error] +bad-argument+
    def self.parse(text)
      case text
      when /\Aunix:([^\0]+)\z/ then new(path: Regexp.last_match(1))
      when /\Atcp:(?:\[([\h:.]+(?:%\w+)?)\]|([^:\[\]\s]+)):(\d{1,5})\z/
        host = Regexp.last_match(1) || Regexp.last_match(2)
        port = Regexp.last_match(3).to_i
        return new(host: host, port: port) if port <= 65_535

        raise Error.bad("#{text.inspect} has no port: at most 65535")
      else raise Error.bad("#{text.inspect} is neither unix:/path nor tcp:host:port")
      end
    end

    def tcp?
      !host.nil?
    end

    def to_s
      return "unix:#{path}" if path

      "tcp:#{host.include?(':') ? "[#{host}]" : host}:#{port}"
    end
  end
end
