# frozen_string_literal: true

module Msglite
  # Every error of the client. What went wrong is in +code+, for programs:
  #
  # - +unreachable+: no connection could be made;
  # - +connection-lost+: it broke, and whether the broker carried out what was under way is unknown;
  # - +expired+: its time ran out: before a broker had taken it, or, with <tt>receipt: :done</tt>, before somebody received it;
  # - +full+: the broker holds as many messages as it may, or the client as much as it buffers: try again later;
  # - +closed+: the client was closed;
  # - +bad-argument+: nothing was sent, because it can't be said in the protocol;
  # - +protocol+: the other side is no msglite broker, or does not know the tagged protocol;
  # - the other codes of the protocol, as the broker said them: +unauthorized+, +forbidden+, +id-conflict+,
  #   +body-too-large+, +dead+, +no-such-delivery+, … Later brokers may have more.
  class Error < StandardError
    # @return [String]
    attr_reader :code

    # @param code [String]
    # @param message [String] for people
    def initialize(code, message)
      super(message)
      @code = code
    end

    # For who finds that something can not be said.
    def self.bad(message)
      new('bad-argument', message)
    end

    def self.closed
      new('closed', 'the client was closed')
    end

    def self.lease_lost
      new('no-such-delivery', 'the lease was lost: the message goes to somebody else, or comes again')
    end
  end
end
