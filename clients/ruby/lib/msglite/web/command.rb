# frozen_string_literal: true

require 'optparse'
require_relative '../web'

module Msglite
  module Web
    # <tt>msglite-rackup</tt>
    class Command
      OPTIONS = {
        'broker WHERE' => 'unix:PATH or tcp:HOST:PORT, or several with commas between (default: MSGLITE_BROKER, or unix:/tmp/msglite.socket)',
        'token TOKEN' => 'better in the environment, as MSGLITE_TOKEN',
        'broker-tls' => 'the broker on TCP speaks TLS; on with each of the next three, too',
        'broker-ca FILE' => 'its certificate is signed by one of these, in PEM',
        'broker-cert FILE' => 'our certificate, if it asks for one',
        'broker-key FILE' => 'its key',
        'http-msg-address ADDRESS' => "message address that requests are taken from, or several with commas between (default: #{Options::ADDRESS})",
        'workers N' => 'processes (default: as many as processors)',
        'threads N' => 'threads in each (default: 1)',
        'max-requests N' => 'replace a worker after so many, and up to a tenth more by chance (default: 0, never)',
        'lease SECONDS' => "for which a request is a worker's; extended while the application works (default: 30)",
        'drain-timeout SECONDS' => 'for requests in progress when a worker is to stop; then it is killed (default: 30)',
        'boot-timeout SECONDS' => 'for loading the application (default: 60)',
        'pid FILE' => 'for the process id, to which signals are sent',
        'loglevel LEVEL' => 'what is told on stderr; minimal: start, stop and trouble; info; debug (default: minimal)'
      }.freeze
      NAMES = %w[--no-yjit --env --include --require --version --help].concat(OPTIONS.keys.map { |option| "--#{option[/[\w-]+/]}" }).freeze
      TYPES = { 'N' => Integer, 'SECONDS' => Float }.freeze

      # @return [Integer] the exit status
      def self.run(arguments)
        new.run(arguments)
      end

      def initialize
        @options = {}
      end

      # @return [Integer]
      def run(arguments)
        check(arguments)
        files = parser.parse(arguments)
        raise OptionParser::NeedlessArgument, files[1] if files.size > 1

        serve(files.first || 'config.ru')
      rescue OptionParser::ParseError, Error => e
        warn("msglite-rackup: #{e.message}")
        2
      end

      private

      # The beginning of an option is none.
      def check(arguments)
        arguments.take_while { |argument| argument != '--' }.grep(/\A--/) do |argument|
          name = argument[/[^=]+/]
          raise Error.bad(Options.unknown(name, NAMES)) unless NAMES.include?(name)
        end
      end

      def serve(file)
        raise Error.bad("there is no #{file}") unless File.file?(file)

        Yjit.prepare unless @options[:yjit] == false
        path = File.expand_path(file)
        ENV['RACK_ENV'] ||= 'production'
        Web.run(**@options) { Web.load_file(path) } ? 0 : 1
      end

      def parser
        OptionParser.new do |parser|
          parser.banner = "Usage: msglite-rackup [options] [config.ru]\n\nServe a Rack application behind the HTTP proxy of msglite.\n\n"
          OPTIONS.each { |option, about| add(parser, option, about) }
          ruby(parser)
        end
      end

      def add(parser, option, about)
        name, value = option.split
        parser.on("--#{option}", TYPES.fetch(value, String), about) { |given| @options[name.tr('-', '_').to_sym] = given } if value
        parser.on("--#{option}", about) { @options[name.tr('-', '_').to_sym] = true } unless value
      end

      def ruby(parser)
        parser.on('--no-yjit', "without Ruby's compiler (default: with it, where Ruby has it)") { @options[:yjit] = false }
        parser.on('-E', '--env NAME', 'RACK_ENV (default: as it is, or production)') { |value| ENV['RACK_ENV'] = value }
        parser.on('-I', '--include PATH', 'look for libraries here, too') { |value| $LOAD_PATH.unshift(*value.split(':')) }
        parser.on('-r', '--require LIBRARY', 'before the application') { |value| require value }
        parser.on('-V', '--version') do
          puts VERSION
          exit
        end
      end
    end
  end
end
