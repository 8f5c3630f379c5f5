# frozen_string_literal: true

module Msglite
  module Web
    # Lines for people: time, level, what happened, and <tt>name=value</tt> pairs.
    class Log
      LEVELS = %w[debug info notice warn error].freeze
      # The least that each of the option's words lets through.
      LEAST = { 'minimal' => 'notice', 'info' => 'info', 'debug' => 'debug' }.freeze

      # @param out [IO]
      # @param level [String] +minimal+ (start, stop and trouble), +info+ or +debug+
      # @raise [Error] +bad-argument+
      def initialize(out = $stderr, level = 'info')
        @out = out
        @least = LEVELS.index(LEAST[level]) || raise(Error.bad("loglevel is #{LEAST.keys.join(' or ')}, not #{level.inspect}"))
      end

      # @!method debug(text, **about)
      # @!method info(text, **about)
      # @!method notice(text, **about)
      # @!method warn(text, **about)
      # @!method error(text, **about)
      LEVELS.each_with_index do |level, rank|
        define_method(level) { |text, **about| write(level, text, about) if rank >= @least }
      end

      # An error with its trace, each line of it below the one that says what failed.
      def failure(text, error, **about)
        error(text, **about)
        @out.write("#{error.full_message(highlight: false, order: :top).rstrip.gsub(/^/, '    ')}\n")
      end

      private

      def write(level, text, about)
        pairs = about.map { |name, value| " #{name}=#{show(value)}" }.join
        @out.write("#{Time.now.utc.strftime('%Y-%m-%dT%H:%M:%S.%LZ')} #{level.ljust(6)} #{text}#{pairs}\n")
      end

      # On one line, whatever a request had in it.
      def show(value)
        text = value.to_s
        text.match?(/\A[!#-~]+\z/) ? text : text.inspect
      end
    end
  end
end
