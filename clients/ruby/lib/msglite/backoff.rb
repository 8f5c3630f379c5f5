# frozen_string_literal: true

module Msglite
  # Pauses between attempts to connect. Their bound doubles with each attempt that failed; chance spreads the clients of a broker
  # that comes back.
  class Backoff
    # @param min [Numeric] seconds, bound of the first pause
    # @param max [Numeric] seconds, bound of the longest
    # @param jitter [Numeric] 0 to 1: the part of each pause that chance decides
    def initialize(min: 0.05, max: 5, jitter: 1, random: Random)
      raise Error.bad("jitter is a number from 0 to 1, not #{jitter.inspect}") unless (0..1).cover?(jitter)

      @min = min
      @max = max
      @jitter = jitter
      @random = random
      @failed = 0
    end

    # Seconds until the next attempt.
    def next
      bound = [@max, @min * (2**[@failed, 30].min)].min
      @failed += 1
      bound * (1 - (@jitter * @random.rand))
    end

    # It went well.
    def reset
      @failed = 0
    end
  end
end
