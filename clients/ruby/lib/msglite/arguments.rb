# frozen_string_literal: true

module Msglite
  # What programs pass in, turned into what goes on the wire, or refused with +bad-argument+. Wire text is binary.
  module Arguments
    LONGEST_SECONDS = 999_999_999
    ADDRESS = /\A[^\x00-\x20\x7f=]{1,255}\z/n.freeze
    ID = /\A[^\x00-\x20\x7f]{1,128}\z/n.freeze

    module_function

    def address(address)
      wire = address.to_s.b
      return wire if ADDRESS.match?(wire) && wire != '-'

      raise Error.bad("#{address.inspect} is no address: 1 to 255 bytes without blanks and \"=\", and not \"-\"")
    end

    # @return [Array<String>] 1 to 8
    def addresses(addresses)
      list = Array(addresses)
      return list.map { |one| address(one) } if list.size.between?(1, 8)

      raise Error.bad("one can be ready on 1 to 8 addresses, not on #{list.size}")
    end

    # @return [Integer] milliseconds
    def seconds(what, seconds, least = 0)
      if seconds.is_a?(Numeric) && seconds.real? && seconds >= 0 && seconds <= LONGEST_SECONDS
        milliseconds = (seconds * 1000).round
        return milliseconds if milliseconds >= least
      end
      raise Error.bad("#{what} is seconds from #{least / 1000.0} to #{LONGEST_SECONDS}, not #{seconds.inspect}")
    end

    # @return [Integer, nil] nil: no end
    def count(what, count)
      return nil if count.nil? || count == Float::INFINITY
      return count if count.is_a?(Integer) && count.positive?

      raise Error.bad("#{what} is a whole number of at least 1, not #{count.inspect}")
    end

    def id(id)
      wire = id.to_s.b
      return wire if ID.match?(wire)

      raise Error.bad("#{id.inspect} is no id: 1 to 128 bytes without blanks")
    end

    # Text goes in the encoding that it has.
    def body(body)
      return body.b if body.is_a?(String)

      raise Error.bad("a body is a String, not #{body.class}")
    end

    # Back from the wire: UTF-8 if it is.
    def text(wire)
      return nil if wire.nil?

      text = wire.dup.force_encoding(Encoding::UTF_8)
      text.valid_encoding? ? text : wire
    end
  end
end
