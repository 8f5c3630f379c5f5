# frozen_string_literal: true

module Msglite
  # How a client connects, and what it does while it can't; checked.
  class Settings
    attr_reader :endpoints, :token, :tls, :connect_timeout, :idle, :backoff, :buffer_messages, :buffer_bytes, :names,
                :safe_replies, :wait

    # See Msglite.connect.
    # @raise [Error] +bad-argument+
    def initialize(address, token: nil, tls: nil, name: nil, wait: false, connect_timeout: 10, reconnect: {},
                   max_buffered: {}, idle: nil, ids: true, safe_replies: true)
      @endpoints = Endpoint.parse_all(address)
      @token = token_of(token)
      @tls = tls
      @wait = wait
      @connect_timeout = Arguments.seconds('connect_timeout', connect_timeout, 1) / 1000.0
      @backoff = Backoff.new(**reconnect)
      @buffer_messages = max_buffered.fetch(:messages, 100_000)
      @buffer_bytes = max_buffered.fetch(:bytes, 64 * 1024 * 1024)
      @idle = idle_of(idle)
      @names = ids ? Names.new(name) : nil
      @safe_replies = safe_replies
    end

    private

    def token_of(token)
      return token if token.nil? || /\A[^\s=]+\z/.match?(token)

      raise Error.bad('a token is one word without "="')
    end

    # Of the end of a process on the same machine the system tells.
    def idle_of(idle)
      idle = @endpoints.any?(&:tcp?) ? 60 : 0 if idle.nil?
      Arguments.seconds('idle', idle)
      idle.zero? ? nil : idle
    end
  end
end
