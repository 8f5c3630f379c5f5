# frozen_string_literal: true

require 'rack/handler'
require 'msglite/web/handler'

module Rack
  module Handler
    Msglite = ::Msglite::Web::Handler

    register 'msglite', 'Rack::Handler::Msglite'
  end
end
