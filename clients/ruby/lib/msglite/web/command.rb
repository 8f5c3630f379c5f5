# frozen_string_literal: true

require 'optparse'
require_relative '../web'

module Msglite
  module Web
    # <tt>msglite-rackup</tt>
    class Command
      NUMBERS = {
        'workers N' => 'processes (default: as many as processors)',
        'threads N' => 'threads in each of them; 1 for applications that bear only one (default: 5)',
        'max-requests N' => 'requests after which a worker is replaced; 0: never (default)',
        'lease SECONDS' => 'how soon another worker gets the request of one whose machine is gone (default: 30)',
        'drain-timeout SECONDS' => 'time for what is under way when a worker is to end (default: 30)',
        'boot-timeout SECONDS' => 'time to load the application (default: 60)'
      }.freeze

      # @return [Integer] the exit status
      def self.run(arguments)
        new.run(arguments)
      end

      def initialize
        @options = {}
        @tls = {}
      end

      # @return [Integer]
      def run(arguments)
        files = parser.parse(arguments)
        raise OptionParser::NeedlessArgument, files[1] if files.size > 1

        serve(files.first || 'config.ru')
      rescue OptionParser::ParseError, Error => e
        warn("msglite-rackup: #{e.message}")
        2
      end

      private

      def serve(file)
        raise Error.bad("there is no #{file}") unless File.file?(file)

        @options[:tls] = @tls.empty? ? nil : @tls
        path = File.expand_path(file)
        ENV['RACK_ENV'] ||= 'production'
        Web.run(**@options) { Web.load_file(path) } ? 0 : 1
      end

      def parser
        OptionParser.new do |parser|
          parser.banner = "Usage: msglite-rackup [options] [config.ru]\n\nServe a Rack application behind the HTTP proxy of msglite.\n\n"
          broker(parser)
          NUMBERS.each { |option, about| number(parser, option, about) }
          ruby(parser)
        end
      end

      def broker(parser)
        parser.on('--broker WHERE', 'unix:PATH or tcp:HOST:PORT, or several with commas between',
                  '(default: MSGLITE_BROKER, or unix:/tmp/msglite.socket)') { |value| @options[:broker] = value }
        parser.on('--http-msg-address ADDRESS', "where requests come (default: #{Options::ADDRESS})") do |value|
          @options[:address] = value
        end
        parser.on('--token TOKEN', 'better in the environment, as MSGLITE_TOKEN') { |value| @options[:token] = value }
        { 'ca' => 'the broker speaks TLS; its certificate is signed by one of these', 'cert' => 'our certificate',
          'key' => 'its key' }.each do |name, about|
          parser.on("--broker-#{name} FILE", about) { |value| @tls[name.to_sym] = value }
        end
      end

      def number(parser, option, about)
        name = option[/[\w-]+/].tr('-', '_').to_sym
        type = option.end_with?('SECONDS') ? Float : Integer
        parser.on("--#{option}", type, about) { |value| @options[name] = value }
      end

      def ruby(parser)
        parser.on('--log-level LEVEL', Log::LEVELS, 'debug, info, warn or error (default: info)') do |value|
          @options[:log_level] = value
        end
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
