# frozen_string_literal: true

require 'etc'

module Msglite
  module Web
    # How applications are served; checked.
    class Options
      ADDRESS = 'msglite.httpRequests'
      DEFAULTS = {
        broker: nil, address: ADDRESS, workers: nil, threads: 5, max_requests: 0, lease: 30, drain_timeout: 30,
        boot_timeout: 60, log_level: 'info', token: nil, tls: nil, errors: nil, log: nil
      }.freeze

      attr_reader :broker, :address, :workers, :threads, :max_requests, :lease, :drain_timeout, :boot_timeout, :connection, :log,
                  :errors

      # See Msglite::Web.run.
      # @raise [Error] +bad-argument+
      def initialize(**given)
        unknown = given.keys - DEFAULTS.keys
        raise Error.bad("no such option: #{unknown.join(', ')} (there are #{DEFAULTS.keys.join(', ')})") unless unknown.empty?

        options = DEFAULTS.merge(given.compact)
        @broker = options[:broker] || ENV['MSGLITE_BROKER'] || 'unix:/tmp/msglite.socket'
        Endpoint.parse_all(@broker)
        @address = options[:address]
        Arguments.addresses(@address)
        count(options)
        @lease = seconds(options, :lease)
        @drain_timeout = seconds(options, :drain_timeout)
        @boot_timeout = seconds(options, :boot_timeout)
        @connection = { token: options[:token] || ENV['MSGLITE_TOKEN'], tls: options[:tls] }.compact
        @errors = options[:errors] || $stderr
        @log = options[:log] || Log.new(@errors, options[:log_level])
      end

      # Requests until a worker is replaced, so that not all of them are at once; nil: it never is.
      def requests_left
        return nil if @max_requests.zero?

        @max_requests + rand((@max_requests / 10) + 1)
      end

      private

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
