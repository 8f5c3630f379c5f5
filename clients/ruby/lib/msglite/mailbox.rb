# frozen_string_literal: true

require 'securerandom'

module Msglite
  # Where the answers to all queries of one client come: labels of one mailbox, on which one receive stands for as long as the
  # client lives. So an answer finds its query whatever becomes of connections meanwhile.
  #
  # If the broker has a journal, answers come under a lease, so that none is lost with a connection. One that comes again after
  # that finds no query, and is finished unseen.
  class Mailbox
    # Milliseconds. Answers are finished as they come: it only has to outlast a lost connection.
    LEASE = 30_000

    # @param safe [Boolean] whether answers come under a lease, where that can help
    def initialize(link, safe)
      @link = link
      @safe = safe
      @name = "~#{SecureRandom.urlsafe_base64(16)}"
      @open = {}
      @labels = 0
    end

    # @return [Array(String, Promise)] the reply address and what comes there
    def open
      @link.lock.synchronize do
        promise = Promise.new(@link)
        label = (@labels += 1).to_s(36)
        @open[label] = promise
        listen unless @receive
        ["#{@name}~#{label}".b, promise]
      end
    end

    # No answer to this address is awaited any more.
    def shut(address)
      @link.lock.synchronize { @open.delete(label_of(address)) }
    end

    # With the lock held.
    def close(error)
      @open.values.each { |promise| promise.fail(error) }
      @open.clear
      @link.withdraw(@receive) if @receive
    end

    def deliver(delivery, _receive)
      frame = delivery.frame
      @link.done(delivery) if delivery.name
      @open.delete(label_of(frame.to))&.fulfil(frame)
    end

    def refused(_receive, error)
      @receive = nil
      @open.values.each { |promise| promise.fail(error) }
      @open.clear
    end

    # It waits for ever, and what comes again finds no query.
    def expired(_receive); end

    def withdrawn(_receive); end

    def lapsed(_delivery); end

    def too_late(_delivery); end

    private

    def label_of(address)
      address.byteslice(@name.bytesize + 1, address.bytesize)
    end

    def listen
      lease = @safe && @link.welcome.journal != 'off' ? LEASE : 0
      @receive = Link::Receive.new([@name.b], timeout: nil, count: nil, lease: lease, listener: self)
      @link.begin_receive(@receive)
    end
  end
end
