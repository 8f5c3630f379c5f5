# frozen_string_literal: true

require 'rack'
# Rack::Lint takes it for loaded.
require 'uri'
require_relative '../msglite'
require_relative 'web/log'
require_relative 'web/head'
require_relative 'web/seen'
require_relative 'web/environment'
require_relative 'web/departure'
require_relative 'web/pieces'
require_relative 'web/input'
require_relative 'web/stream'
require_relative 'web/response_head'
require_relative 'web/answer'
require_relative 'web/reply'
require_relative 'web/exchange'
require_relative 'web/options'
require_relative 'web/room'
require_relative 'web/yjit'
require_relative 'web/places'
require_relative 'web/worker'
require_relative 'web/child'
require_relative 'web/worker_process'
require_relative 'web/master'

module Msglite
  # Rack applications behind the HTTP proxy of msglite.
  module Web
    # Serves an application with preforked workers, until SIGTERM or SIGINT.
    #
    #     Msglite::Web.run(broker: 'unix:/tmp/msglite.socket', workers: 4) { Rack::Builder.parse_file('config.ru').first }
    #
    # @param app [#call, nil] in place of the block: one that is loaded already. SIGHUP then replaces the workers, and not it
    # @param options [Hash] named as those of the command are: +broker+, +token+, +broker_tls+, +broker_ca+, +broker_cert+,
    #   +broker_key+; +http_msg_address+, where requests are taken from; +workers+, processes, as many as processors if not given;
    #   +threads+ in each, 1; +max_requests+ after which a worker is replaced, 0: never; +lease+ of a request, extended while it is
    #   worked on, 30 seconds; +drain_timeout+ for what is under way when a worker is to end, 30; +boot_timeout+ for loading the
    #   application, 60; +pid+, a file; +yjit+, whether workers turn that on where Ruby has it and can (3.3), true; +loglevel+: +minimal+, +info+ or +debug+. And +errors+, an IO, and +log+ in place of ours
    # @yield makes the application; called in each worker, after the fork
    # @return [Boolean] whether it ended well
    # @raise [Error] +bad-argument+
    def self.run(app = nil, **options, &load)
      Master.new(Options.new(**options), load || -> { app }).run
    end

    # The application in a rackup file, whatever the Rack.
    def self.load_file(path)
      app, = ::Rack::Builder.parse_file(path)
      app
    end
  end
end
