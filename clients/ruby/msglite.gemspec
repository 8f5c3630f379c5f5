# frozen_string_literal: true

require_relative 'lib/msglite/version'

Gem::Specification.new do |spec|
  spec.name = 'msglite'
  spec.version = Msglite::VERSION
  spec.summary = 'A client for the msglite message broker, and Rack applications behind its HTTP proxy'
  spec.description = 'Sends and receives messages with receipts and leases over one connection that comes back by itself. ' \
                     'The command msglite-rackup and a handler for rackup serve Rack applications with preforked workers.'
  spec.authors = ['The msglite authors']
  spec.license = 'MIT'
  spec.required_ruby_version = '>= 3.0'
  spec.files = Dir['lib/**/*.rb', 'exe/*', 'examples/*', 'sig/*.rbs', 'README.md', 'LICENSE', base: __dir__]
  spec.bindir = 'exe'
  spec.executables = ['msglite-rackup']
  # The client needs nothing but Ruby; the wrapper needs rack (2.2 or later), which every application for it brings along.
  spec.metadata = { 'rubygems_mfa_required' => 'true' }
end
