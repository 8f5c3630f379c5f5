# frozen_string_literal: true

module Msglite
  module Web
    # Room in a worker's memory for what requests leave behind.
    #
    # Ruby is content with a fifth of its heap being free, and collects garbage when that is used up. For a small application that
    # is after each hundred requests or so, and a quarter of all CPU.
    module Room
      # Objects, of 40 bytes each. Large applications have as much by themselves.
      MOST = 100_000

      module_function

      # Has the heap grow to about twice of what it holds. It does not shrink again while a third of it is in use.
      def make
        Array.new([GC.stat(:heap_live_slots), MOST].min) { Object.new }
        nil
      end
    end
  end
end
