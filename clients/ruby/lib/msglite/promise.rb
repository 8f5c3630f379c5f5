# frozen_string_literal: true

module Msglite
  # A value that comes later, to be waited for by one thread.
  class Promise
    # @param link [Link] whose lock is held by whoever settles it
    def initialize(link)
      @link = link
      @settled = false
    end

    def settled?
      @settled
    end

    # With the lock held. The first of both counts.
    def fulfil(value)
      return if @settled

      @value = value
      settle
    end

    # With the lock held.
    def fail(error)
      return if @settled

      @error = error
      settle
    end

    # @param due [Float, nil] on the clock; nil: never
    # @return [Boolean] false: that time has come
    def wait(due = nil)
      return true if @settled

      @cond ||= @link.lock.new_cond
      @link.wait_for(@cond, due) { @settled }
    end

    # Once it is settled.
    # @raise [Error]
    def value
      raise @error if @error

      @value
    end

    private

    def settle
      @settled = true
      @cond&.broadcast
    end
  end
end
