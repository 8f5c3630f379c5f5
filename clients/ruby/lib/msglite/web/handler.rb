# frozen_string_literal: true

require_relative '../web'

module Msglite
  module Web
    # What <tt>rackup -s msglite</tt> runs.
    module Handler
      OPTIONS = {
        'Broker=WHERE' => 'unix:PATH or tcp:HOST:PORT, or several with commas between',
        'Token=TOKEN' => 'better in the environment, as MSGLITE_TOKEN',
        'BrokerTls' => 'the broker on TCP speaks TLS; on with each of the next three, too',
        'BrokerCa=FILE' => 'its certificate is signed by one of these, in PEM',
        'BrokerCert=FILE' => 'our certificate, if it asks for one',
        'BrokerKey=FILE' => 'its key',
        'HttpMsgAddress=ADDRESS' => "where requests are taken from (default: #{Options::ADDRESS})",
        'Workers=N' => 'processes (default: as many as processors)',
        'Threads=N' => 'threads in each (default: 1)',
        'MaxRequests=N' => 'replace a worker after so many (default: 0, never)',
        'Lease=SECONDS' => "for which a request is a worker's (default: 30)",
        'DrainTimeout=SECONDS' => 'for requests in progress when a worker is to stop (default: 30)',
        'BootTimeout=SECONDS' => 'for the start of a worker (default: 60)',
        'Loglevel=LEVEL' => 'minimal, info or debug (default: minimal)'
      }.freeze
      # As rackup passes them, and what they are for Msglite::Web.run.
      NAMES = OPTIONS.keys.to_h do |option|
        name = option[/\w+/]
        [name.to_sym, name.gsub(/(?<=.)[A-Z]/) { |letter| "_#{letter}" }.downcase.to_sym]
      end.freeze
      # What rackup and Rails tell every handler. The host and port mean nothing: the proxy has those. The file for the process
      # id they write themselves.
      NOT_OURS = %i[
        AccessLog DoNotReverseLookup Host Port app builder caching config daemonize debug early_hints environment heapfile include
        log_stdout pid profile_file profile_mode quiet require restart_cmd server user_supplied_options warn
      ].freeze

      # Serves the application until SIGTERM or SIGINT.
      # @param options [Hash] those of Msglite::Web.run, or as rackup passes them (+Broker+, +Workers+, …)
      # @raise [Error] +bad-argument+
      def self.run(app, **options)
        ours = options.except(*NOT_OURS).to_h do |name, value|
          known = NAMES.fetch(name) { name if Options::DEFAULTS.key?(name) }
          raise Error.bad(Options.unknown(name, NAMES.keys)) if known.nil?

          [known, value]
        end
        yield self if block_given?
        Web.run(app, **ours)
      end

      # @return [Hash{String => String}]
      def self.valid_options
        OPTIONS
      end
    end
  end
end
