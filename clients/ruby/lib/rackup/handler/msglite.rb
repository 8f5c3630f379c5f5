# frozen_string_literal: true

require 'rackup/handler'
require 'msglite/web/handler'

module Rackup
  module Handler
    Msglite = ::Msglite::Web::Handler

    register :msglite, Msglite
  end
end
