#!/usr/bin/env ruby
# frozen_string_literal: true

# Answers N questions, each with its bytes in reverse: answer.rb ADDRESS TO N

require 'msglite'

address, to, count = ARGV
Msglite.connect(address) do |client|
  client.receive(to, count: Integer(count)) do |message|
    message.reply(message.body.reverse)
    message.done
  end
end
