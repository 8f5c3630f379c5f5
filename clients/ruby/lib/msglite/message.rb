# frozen_string_literal: true

module Msglite
  # A message that was received.
  class Message
    # The address it was at, label included; for a dead letter its dead address.
    # @return [String]
    attr_reader :to
    # Where its sender awaits an answer, if it does.
    # @return [String, nil]
    attr_reader :reply_to
    # Seconds, as it was sent.
    # @return [Float]
    attr_reader :timeout
    # Binary.
    # @return [String]
    attr_reader :body
    # Which of its deliveries this is: 1 for the first.
    # @return [Integer]
    attr_reader :attempt
    # Its sender's name for it, if it has one.
    # @return [String, nil]
    attr_reader :id
    # Of a dead letter: the address to which it was sent.
    # @return [String, nil]
    attr_reader :sent_to

    # For the client.
    def initialize(frame, client)
      @client = client
      @to = Arguments.text(frame.to)
      @reply_to = Arguments.text(frame.reply_to)
      @timeout = frame.timeout / 1000.0
      @body = frame.body
      @attempt = frame.attempt
      @id = Arguments.text(frame.id)
      @sent_to = Arguments.text(frame.sent_to)
    end

    # The body, taken for UTF-8.
    # @return [String]
    def text
      @body.dup.force_encoding(Encoding::UTF_8)
    end

    # Sends to where its sender awaits an answer. Options as for Client#send.
    # @return [Receipt]
    # @raise [Error] as Client#send, and +bad-argument+ if no answer is awaited
    def reply(body, **options)
      raise Error.bad('this message awaits no answer') if @reply_to.nil?

      @client.send(@reply_to, body, **options)
    end
  end

  # A message under a lease: it comes again, here or elsewhere, unless it is +done+ before that runs out.
  class LeasedMessage < Message
    # For the client.
    # @param stream who gave it out
    def initialize(delivery, client, stream)
      super(delivery.frame, client)
      @delivery = delivery
      @stream = stream
    end

    # False once it is done, given back, or its lease is lost.
    def ours?
      @delivery.ours?
    end

    # Whether somebody else gets the message: to work on is no use.
    def lost?
      @delivery.lost
    end

    # It is finished. Returns at once: the broker does not answer. It is said again after a lost connection, and Client#flush
    # tells when it is certain. A second call does nothing.
    # @raise [Error] +no-such-delivery+ if the lease was lost
    def done
      @stream.done(@delivery)
    end

    # Somebody shall have it, now or in +delay+ seconds.
    # @raise [Error] as +done+
    def give_back(delay: 0)
      @stream.give_back(@delivery, Arguments.seconds('a delay', delay))
    end

    # The lease ends so many seconds from now.
    # @raise [Error] as +done+
    def keep(seconds)
      @stream.keep(@delivery, Arguments.seconds('a lease', seconds, 1))
    end
  end
end
