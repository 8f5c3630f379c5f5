# frozen_string_literal: true

require 'did_you_mean'
require 'etc'

module Msglite
  module Web
    # How applications are served; checked.
    class Options
      ADDRESS = 'msglite.httpRequests'
      # Named as the options of the command are; but for the last two, which are for programs.
      DEFAULTS = {
        broker: nil, token: nil, broker_tls: false, broker_ca: nil, broker_cert: nil, broker_key: nil,
        http_msg_address: ADDRESS, workers: nil, threads: 1, max_requests: 0, lease: 30, drain_timeout: 30,
        boot_timeout: 60, pid: nil, yjit: true, loglevel: 'minimal', errors: nil, log: nil
      }.freeze

      attr_reader :broker, :addresses, :workers, :threads, :max_requests, :lease, :drain_timeout, :boot_timeout, :pid,
                  :yjit, :connection, :log, :errors

      # @param name [#to_s] of an option that there is not
      # @param known [Array] the names that there are
      # @return [String] to be told
      def self.unknown(name, known)
        nearest = DidYouMean::SpellChecker.new(dictionary: known.map(&:to_s)).correct(name.to_s).first
        "there is no #{name}#{" (did you mean #{nearest}?)" if nearest}"
      end

      # See Msglite::Web.run.
      # @raise [Error] +bad-argument+
      def initialize(**given)
        (given.keys - DEFAULTS.keys).each { |name| raise Error.bad(Options.unknown(name, DEFAULTS.keys)) }
        options = DEFAULTS.merge(given.compact)
        @broker = options[:broker] || ENV['MSGLITE_BROKER'] || 'unix:/tmp/msglite.socket'
        Endpoint.parse_all(@broker)
        @connection = { token: options[:token] || ENV['MSGLITE_TOKEN'], tls: tls(options) }.compact
        @addresses = Arguments.addresses(options[:http_msg_address].split(/[\s,]+/))
        count(options)
        @lease, @drain_timeout, @boot_timeout = %i[lease drain_timeout boot_timeout].map { |name| seconds(options, name) }
        @pid = options[:pid]
        @yjit = options[:yjit]
        @errors = options[:errors] || $stderr
        @log = options[:log] || Log.new(@errors, options[:loglevel])
      end

      # Requests until a worker is replaced, so that not all of them are at once; nil: it never is.
      def requests_left
        return nil if @max_requests.zero?

        @max_requests + rand((@max_requests / 10) + 1)
      end

      private

      def tls(options)
        files = { ca: options[:broker_ca], cert: options[:broker_cert], key: options[:broker_key] }.compact
        files.empty? ? options[:broker_tls] || nil : files
      end

      def count(options)
        @workers = whole(options[:workers] || Etc.nprocessors, 'workers')
        @threads = whole(options[:threads], 'threads')
        @max_requests = whole(options[:max_requests], 'max_requests', 0)
      end

      def whole(value, name, least = 1)
        number = Integer(value, exception: false)
        return number if number && number >= least

        raise Error.bad("#{name} is a whole number of at least #{least}, not #{value.inspect}")
      end

      def seconds(options, name)
        value = Float(options[name], exception: false)
        Arguments.seconds(name.to_s, value, 1)
        value
      end
    end
  end
end
