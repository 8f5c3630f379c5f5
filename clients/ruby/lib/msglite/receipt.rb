# frozen_string_literal: true

module Msglite
  # The broker has the message, whatever happens to it now.
  class Receipt
    def initialize(duplicate)
      @duplicate = duplicate
    end

    # Whether it had it before, under the same id.
    def duplicate?
      @duplicate
    end
  end

  # A receipt to come. See Client#send_async.
  class Pending
    # For the client.
    def initialize(link, promise, due)
      @link = link
      @promise = promise
      @due = due
    end

    # Whether it came, or was refused.
    def settled?
      @promise.settled?
    end

    # Waits for it.
    # @return [Receipt]
    # @raise [Error] as Client#send
    def value
      @link.await(@promise, @due)
    end
  end
end
