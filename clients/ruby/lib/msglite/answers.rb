# frozen_string_literal: true

module Msglite
  # The grammar of what the broker says in the tagged protocol.
  module Answers
    LARGEST = (2**31) - 1
    DIGITS = /\A\d{1,10}\z/n.freeze
    SECONDS = /\A(\d{1,9})(?:\.(\d{1,3}))?\z/n.freeze
    REFUSAL = /\A[ \t]*--?[ \t]*/n.freeze
    NO_OPTIONS = {}.freeze
    # What nearly all lines are: a message under a lease, or a receipt.
    MESSAGE = /\A>> [!-~]+ \d{1,9} \d{1,9} [!-~]+ [!-~]+ attempt=\d{1,9} delivery=@[!-~]+(?: id=[!-~]+)?\r?\z/n.freeze
    RECEIPT = /\A\+\+ [!-~]+\r?\z/n.freeze

    module_function

    # @param line [String] without its end
    # @return [Frame, nil] nil: an empty line
    def parse(line)
      return Frame::Receipt.new(line.delete_prefix!('++ ').delete_suffix("\r")) if RECEIPT.match?(line)

      words = line.split(' ')
      return Frame::Message.new(words) if MESSAGE.match?(line)

      count = words.size
      case words.first
      when nil then return nil
      when '>>' then frame = message(words) if count >= 6
      when '++' then frame = done(words) if count >= 2
      when '--' then frame = refusal(words, line) if count >= 3
      when '**' then frame = Frame.new(:over, words[1]) if count == 2
      when '==' then frame = answer(words) if count == 3
      when '-' then frame = turned_away(line)
      end
      frame || Frame.refused('bad-command', 'not an answer of the tagged msglite protocol')
    end

    def message(words)
      length = number(words[2])
      timeout = milliseconds(words[3])
      return nil if length.nil? || timeout.nil?

      frame = Frame.new(:message, words[1])
      frame.body_length = length
      frame.timeout = timeout
      frame.to = words[4]
      frame.reply_to = words[5] == '-' ? nil : words[5]
      frame.attempt = 1
      note(frame, words)
      frame.attempt && frame
    end

    def note(frame, words)
      index = 6
      while (word = words[index])
        index += 1
        if word.start_with?('attempt=') then frame.attempt = number(word.delete_prefix('attempt='))
        elsif word.start_with?('delivery=') then frame.delivery = word.delete_prefix('delivery=')
        elsif word.start_with?('id=') then frame.id = word.delete_prefix('id=')
        elsif word.start_with?('to=') then frame.sent_to = word.delete_prefix('to=')
        end
      end
    end

    def done(words)
      frame = Frame.new(:done, words[1])
      frame.options = words.size == 2 ? NO_OPTIONS : options(words)
      frame
    end

    def options(words)
      words.drop(2).each_with_object({}) do |word, options|
        name, sign, value = word.partition('=')
        options[name] = value unless sign.empty? || name.empty?
      end
    end

    def refusal(words, line)
      frame = Frame.new(:refusal, words[1] == '?' ? ''.b : words[1])
      frame.code = words[2]
      frame.text = line.sub(REFUSAL, '').split(/[ \t]+/n, 3)[2].to_s.rstrip
      frame
    end

    # Who is turned away on arrival has not said yet which protocol is spoken.
    def turned_away(line)
      frame = Frame.new(:refusal, ''.b)
      frame.code = 'full'
      frame.text = line.sub(REFUSAL, '').rstrip
      frame
    end

    def answer(words)
      length = number(words[2])
      return nil if length.nil?

      frame = Frame.new(:answer, words[1])
      frame.body_length = length
      frame
    end

    # @return [Integer, nil]
    def number(word)
      return nil unless DIGITS.match?(word)

      value = word.to_i
      value <= LARGEST ? value : nil
    end

    # @return [Integer, nil]
    def milliseconds(word)
      return nil unless (match = SECONDS.match(word))

      (match[1].to_i * 1000) + (match[2] ? match[2].ljust(3, '0').to_i : 0)
    end
  end
end
