# frozen_string_literal: true

require_relative '../web'

module Msglite
  module Web
    # What <tt>rackup -s msglite</tt> runs.
    module Handler
      OPTIONS = {
        'Broker=WHERE' => 'unix:PATH or tcp:HOST:PORT',
        'Address=ADDRESS' => "where requests come (default: #{Options::ADDRESS})",
        'Workers=N' => 'processes (default: as many as processors)',
        'Threads=N' => 'threads in each of them (default: 5)',
        'MaxRequests=N' => 'requests after which a worker is replaced (default: 0, never)'
      }.freeze
      NAMES = { Broker: :broker, Address: :address, Workers: :workers, Threads: :threads, MaxRequests: :max_requests }.freeze

      # Serves the application until SIGTERM or SIGINT. The host and port of rackup mean nothing: the proxy has those.
      # @param options [Hash] those of Msglite::Web.run, or as rackup passes them (+Broker+, +Workers+, …)
      def self.run(app, **options)
        known = options.slice(*Options::DEFAULTS.keys)
        NAMES.each { |name, option| known[option] = options[name] if options.key?(name) }
        known.delete(:log)
        yield self if block_given?
        Web.run(app, **known)
      end

      # @return [Hash{String => String}]
      def self.valid_options
        OPTIONS
      end
    end
  end
end
