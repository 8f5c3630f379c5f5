# frozen_string_literal: true

module Msglite
  # Of this library; that of the broker may differ.
  VERSION = '0.1.0'
end
