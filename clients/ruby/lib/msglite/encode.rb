# frozen_string_literal: true

module Msglite
  # What a client says in the tagged protocol. All strings are binary, all times milliseconds; nil: no end.
  module Encode
    LONGEST = 999_999_999_999
    MOST_COUNT = 1_000_000_000
    MOST_ATTEMPTS = 1_000_000

    # Those that are said most.
    WHOLE = [10, 30, 60, 180, 600].to_h { |seconds| [seconds * 1000, seconds.to_s.freeze] }.freeze

    module_function

    # As short as it can be; up to the next millisecond.
    def seconds(milliseconds)
      return '999999999.999' if milliseconds.nil? || milliseconds >= LONGEST
      return WHOLE[milliseconds] if WHOLE.key?(milliseconds)

      whole, part = milliseconds.ceil.divmod(1000)
      part.zero? ? whole.to_s : "#{whole}.#{format('%03d', part).sub(/0+\z/, '')}"
    end

    # <tt>!! tag [token] [idle=secs]</tt>
    def hello(tag, token = nil, idle = nil)
      "!! #{tag}#{" #{token}" if token}#{" idle=#{seconds(idle)}" if idle}\r\n".b
    end

    # <tt>>> tag bodyLen timeout toAddr replyAddr|- [k=v ..]</tt> and the body.
    # @param options [String] as +options+ makes it
    def send(tag, to, reply_to, body, timeout, options)
      text = ">> #{tag} #{body.bytesize} #{seconds(timeout)} #{to} #{reply_to || '-'}#{options}\r\n#{body}#{"\r\n" unless body.empty?}"
      text.force_encoding(Encoding::BINARY)
    end

    # The options of a send that need be said.
    # @param dead [String, nil] empty: nowhere
    def options(id: nil, delay: 0, attempts: 5, once: false, dead: nil, receipt: 'taken')
      text = String.new(encoding: Encoding::BINARY)
      text << ' id=' << id if id
      text << ' delay=' << seconds(delay) if delay.positive?
      text << ' attempts=' << [attempts || MOST_ATTEMPTS, MOST_ATTEMPTS].min.to_s if attempts != 5
      text << ' once=1' if once
      text << ' dead=' << (dead.empty? ? '-' : dead) if dead
      text << ' receipt=' << receipt if receipt != 'taken'
      text
    end

    # <tt><< tag timeout addr1 [.. addr8] [k=v ..]</tt>
    def receive(tag, addresses, timeout, count: 1, lease: 0)
      line = "<< #{tag} #{seconds(timeout)} ".b << addresses.join(' ')
      line << " count=#{[count || MOST_COUNT, MOST_COUNT].min}" if count != 1
      line << " lease=#{seconds(lease)}" if lease.positive?
      line << "\r\n"
    end

    # <tt>.. tag</tt>
    def take_back(tag)
      ".. #{tag}\r\n".b
    end

    # <tt>++ @delivery</tt>
    def done(delivery)
      "++ #{delivery}\r\n".force_encoding(Encoding::BINARY)
    end

    # <tt>-- @delivery [delay]</tt>
    def give_back(delivery, delay = 0)
      delay.positive? ? "-- #{delivery} #{seconds(delay)}\r\n".b : "-- #{delivery}\r\n".b
    end

    # <tt>~~ @delivery secs</tt>
    def keep(delivery, lease)
      "~~ #{delivery} #{seconds(lease)}\r\n".b
    end

    # <tt>== tag command [args ..]</tt>
    def control(tag, command, *arguments)
      ['==', tag, command, *arguments].join(' ').b << "\r\n"
    end

    # <tt>.</tt>
    def goodbye
      ".\r\n".b
    end
  end
end
