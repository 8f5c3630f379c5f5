# frozen_string_literal: true

require_relative 'support'

# The tagged protocol, on the fixtures of all clients.
class WireTest < Minitest::Test
  include Support

  STANDARD = /\A(?:delay=0|attempts=5|once=0|receipt=taken|count=1)\z/.freeze

  def test_what_the_broker_says
    fixtures('wire/part2-answers.json', 'fixtures').each do |fixture|
      name, text, frames = fixture.values_at('name', 'bytes', 'frames')
      wire = bytes(text)
      assert_equal frames, decode(fixture, [wire]), name
      assert_equal frames, decode(fixture, wire.chars), "#{name}, byte by byte"
      (1...wire.bytesize).each do |at|
        assert_equal frames, decode(fixture, [wire[0...at], wire[at..]]), "#{name}, split at #{at}"
      end
    end
  end

  def test_what_clients_say
    said = fixtures('wire/part2-commands.json', 'fixtures').reject do |fixture|
      fixture['frames'].empty? || fixture['frames'].any? { |frame| frame['kind'] == 'refused' }
    end
    assert_operator said.size, :>, 30
    said.each do |fixture|
      encoded = fixture['frames'].map { |frame| encode(frame) }.join
      assert_equal shortest(bytes(fixture['bytes'])), encoded, fixture['name']
    end
  end

  private

  def decode(fixture, pieces)
    limits = fixture['limits'] || { 'line' => 8192, 'body' => 16 * 1024 * 1024 }
    decoder = Msglite::Decoder.new(line: limits['line'], body: limits['body'])
    frames = []
    pieces.each do |piece|
      decoder.push(piece)
      while (frame = decoder.next)
        frames << plain(frame)
      end
    end
    frames
  end

  def plain(frame)
    members = { 'kind' => frame.kind.to_s, 'tag' => frame.tag, 'code' => frame.code, 'skip' => frame.skip, 'to' => frame.to,
                'text' => frame.kind == :refused ? nil : frame.text, 'replyTo' => frame.reply_to, 'timeout' => frame.timeout,
                'attempt' => frame.attempt, 'delivery' => frame.delivery, 'id' => frame.id, 'sentTo' => frame.sent_to,
                'options' => frame.options }
    members['body'] = frame.body if %i[message answer].include?(frame.kind)
    members.compact.transform_values { |value| readable(value) }
  end

  def readable(value)
    case value
    when String then value.dup.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8)
    when Hash then value.to_h { |name, text| [readable(name), readable(text)] }
    else value
    end
  end

  def encode(frame)
    tag = bytes(frame['tag'] || '')
    case frame['kind']
    when 'hello' then Msglite::Encode.hello(tag, frame['token'], frame['idle'])
    when 'send' then encode_send(tag, frame)
    when 'receive'
      Msglite::Encode.receive(tag, frame['addresses'].map { |address| bytes(address) }, frame['timeout'],
                              count: frame['count'], lease: frame['lease'] || 0)
    when 'take-back' then Msglite::Encode.take_back(tag)
    when 'done', 'give-back', 'keep' then encode_delivery(frame)
    when 'control' then encode_control(tag, frame['control'] || frame)
    when 'goodbye' then Msglite::Encode.goodbye
    else flunk "an unknown kind: #{frame}"
    end
  end

  def encode_send(tag, frame)
    options = frame['options'].transform_keys(&:to_sym)
    %i[id dead].each { |name| options[name] = bytes(options[name]) if options[name] }
    text = Msglite::Encode.options(**options)
    reply_to = frame['replyTo'] && bytes(frame['replyTo'])
    Msglite::Encode.send(tag, bytes(frame['to']), reply_to, bytes(frame['body']), frame['timeout'], text)
  end

  def encode_delivery(frame)
    name = bytes(frame['delivery'])
    case frame['kind']
    when 'done' then Msglite::Encode.done(name)
    when 'give-back' then Msglite::Encode.give_back(name, frame['delay'] || 0)
    else Msglite::Encode.keep(name, frame['lease'])
    end
  end

  def encode_control(tag, control)
    after = control['after']
    words = control.values_at('prefix', 'address', 'id', 'count').compact.reject { |word| word == '' }
    words = words.map { |word| word.is_a?(String) ? bytes(word) : word }
    words << "after=#{after}".b if after && after != ''
    Msglite::Encode.control(tag, control['command'], *words)
  end

  # A fixture's bytes in the shortest form: what need not be said is left out, options come in our order.
  def shortest(wire)
    text = String.new(encoding: Encoding::BINARY)
    until wire.empty?
      line, _, wire = wire.partition("\n")
      words = line.split(/[ \t\r]+/n).reject(&:empty?)
      next if words.empty?

      text << shorter(words).join(' ') << "\r\n"
      length = words[0] == '>>' ? words[2].to_i : 0
      next if length.zero?

      text << wire.byteslice(0, length) << "\r\n"
      wire = wire.byteslice(length..).sub(/\A\r?\n/n, '')
    end
    text
  end

  def shorter(words)
    fixed = { '>>' => 6, '<<' => 3, '!!' => 2 }[words.first]
    words = words.each_with_index.map { |word, index| seconds?(words, index) ? short_seconds(word) : word }
    return words.reject.with_index { |word, index| index == 2 && word == '0' } if words[0] == '--'
    return numbers(words) if words[0] == '=='
    return words if fixed.nil?

    options, rest = words.drop(fixed).partition { |word| word.include?('=') }
    words.take(fixed) + rest + in_order(options)
  end

  def numbers(words)
    words.each_with_index.map { |word, index| index > 2 && %w[peek kick].include?(words[2]) && index == 4 ? word.to_i.to_s : word }
         .then { |list| list[2] == 'peek' && list.size == 4 ? [*list, '1'] : list }
  end

  def seconds?(words, index)
    place = { '>>' => 3, '<<' => 2, '--' => 2, '~~' => 2 }[words.first]
    index == place
  end

  def short_seconds(text)
    Msglite::Encode.seconds((text.to_r * 1000).to_i)
  end

  def in_order(options)
    order = %w[id delay attempts once dead receipt count lease idle]
    options = options.map do |option|
      name, value = option.split('=', 2)
      value = short_seconds(value) if %w[delay lease idle].include?(name)
      value = value.to_i.to_s if %w[attempts count].include?(name)
      "#{name}=#{value}"
    end
    options.reject { |option| STANDARD.match?(option) }.sort_by { |option| order.index(option[/\A\w+/]) }
  end
end
