# frozen_string_literal: true

module Msglite
  module Web
    # Ruby's compiler, on by default, as in Rails: workers use a third less of the CPU with it.
    module Yjit
      # Before 3.3 it can't be turned on later: Ruby is started again, as it was but for this. 3.1 claims all memory for its code at once,
      # and 256 MiB unless it is told how much.
      OPTIONS = %w[--yjit --yjit-exec-mem-size=32].freeze
      # What the process was started with.
      COMMAND = '/proc/self/cmdline'

      module_function

      # For the command, before anything else is done. Does not return if Ruby is to be started again.
      def prepare
        return if on? || later? || !possible?

        _, *arguments = File.binread(COMMAND).split("\0", -1)[0...-1]
        exec(RbConfig.ruby, *OPTIONS, *arguments) unless arguments.first == OPTIONS.first
      end

      # For workers, which are forks.
      def enable
        RubyVM::YJIT.enable if later? && !on?
      end

      def on?
        compiler? && RubyVM::YJIT.enabled?
      end

      def later?
        compiler? && RubyVM::YJIT.respond_to?(:enable)
      end

      def compiler?
        defined?(RubyVM::YJIT) ? true : false
      end

      # Whether this Ruby has it, and we know how it was started.
      def possible?
        compiler? && File.readable?(COMMAND) && IO.popen([RbConfig.ruby, '--help'], &:read).include?('--yjit')
      end
    end
  end
end
