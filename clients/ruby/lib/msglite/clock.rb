# frozen_string_literal: true

module Msglite
  # The machine's monotonic clock, in seconds.
  module Clock
    module_function

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
