#!/usr/bin/env ruby
# frozen_string_literal: true

# Asks a question and prints the answer: ask.rb ADDRESS TO BODY
#
# ADDRESS is where the broker is: unix:/path or tcp:host:port. Exit code 3: nobody answered in time.

require 'msglite'

address, to, body = ARGV
answer = Msglite.connect(address) { |client| client.query(to, body, timeout: 30) }
exit 3 if answer.nil?
$stdout.binmode.write(answer.body, "\n")
