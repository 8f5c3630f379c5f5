# frozen_string_literal: true

require 'securerandom'

module Msglite
  # A message to be sent, as it goes on the wire: binary strings and milliseconds.
  class Outgoing
    attr_reader :body, :timeout, :to

    # @param id [String, nil]
    # @param automatic [Boolean] the client gave the id
    # @param repeatable [Boolean] it may be sent again after a lost connection though it has no id
    def initialize(to, body, reply_to: nil, timeout: 60_000, id: nil, automatic: false, repeatable: false, **options)
      @to = to
      @body = body
      @reply_to = reply_to
      @timeout = timeout
      @id = id
      @automatic = automatic
      @repeatable = repeatable
      @options = options
    end

    # What a program passed, checked.
    # @param names [Names, nil] nil: without an id of its own it has none
    # @raise [Error] +bad-argument+
    def self.checked(names, to, body, timeout: 60, reply_to: nil, id: nil, delay: nil, attempts: nil, once: false, dead: nil,
                     receipt: nil)
      new(Arguments.address(to), Arguments.body(body),
          reply_to: reply_to && Arguments.address(reply_to), timeout: Arguments.seconds('a timeout', timeout),
          id: id ? Arguments.id(id) : names&.next, automatic: id.nil? && !names.nil?,
          **options(delay, attempts, once, dead, receipt))
    end

    def self.options(delay, attempts, once, dead, receipt)
      options = {}
      options[:delay] = Arguments.seconds('a delay', delay) if delay
      options[:attempts] = Arguments.count('attempts', attempts) if attempts
      options[:once] = true if once
      options[:dead] = dead == :drop ? '' : Arguments.address(dead) if dead
      options[:receipt] = receipt_of(receipt) if receipt
      options
    end
    private_class_method :options

    def self.receipt_of(receipt)
      return receipt.to_s if %w[taken done].include?(receipt.to_s)

      raise Error.bad("a receipt is :taken or :done, not #{receipt.inspect}")
    end
    private_class_method :receipt_of

    def automatic?
      @automatic && !@id.nil?
    end

    def repeatable?
      @repeatable || !@id.nil?
    end

    def encode(tag)
      options = if @id then Encode.options(id: @id, **@options)
                elsif @options.empty? then ''
                elsif @options.size == 1 && @options[:dead] == '' then ' dead=-'
                else Encode.options(**@options)
                end
      Encode.send(tag, @to, @reply_to, @body, @timeout, options)
    end

    # With so many milliseconds left.
    def shortened(timeout)
      delay = (@options[:delay] || 0) - (@timeout - timeout)
      dup.tap { |copy| copy.shorten(timeout, delay.clamp(0, timeout - 1)) }
    end

    def without_id
      dup.tap(&:forget_id)
    end

    protected

    def shorten(timeout, delay)
      @timeout = timeout
      @options = @options.merge(delay: delay) if @options.key?(:delay)
    end

    def forget_id
      @id = nil
    end
  end

  # Unique names for messages that have none: chance once, then a counter.
  class Names
    # @param name [String, nil] what they begin with
    def initialize(name = nil)
      @prefix = [name && Arguments.id(name), SecureRandom.urlsafe_base64(12), nil].compact.join('-') << '-'
      raise Error.bad("#{name.inspect} is too long for a client's name") if @prefix.bytesize > 100

      @count = 0
      @lock = Mutex.new
    end

    def next
      @prefix + @lock.synchronize { @count += 1 }.to_s(36)
    end
  end
end
