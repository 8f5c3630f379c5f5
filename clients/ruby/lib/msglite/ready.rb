# frozen_string_literal: true

module Msglite
  # A promise of one message, without a lease.
  class Ready
    # @return [Promise] of a frame, or nil
    attr_reader :promise

    def initialize(link)
      @promise = Promise.new(link)
    end

    def deliver(delivery, _receive)
      @promise.fulfil(delivery.frame)
    end

    def expired(_receive)
      @promise.fulfil(nil)
    end

    def withdrawn(_receive)
      @promise.fail(Error.closed)
    end

    def refused(_receive, error)
      @promise.fail(error)
    end

    # It has no lease.
    def lapsed(_delivery); end

    def too_late(_delivery); end
  end
end
