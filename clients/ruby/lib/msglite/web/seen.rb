# frozen_string_literal: true

module Msglite
  module Web
    # Environments of what was said before, by what was said. Many clients say the same as before, but for the address.
    #
    # What comes for the first time is only noted, as most of what comes once does not come again.
    class Seen
      MOST = 200
      # Of what is only noted.
      MOST_NOTED = 10_000
      # Bytes of the longest.
      LONGEST = 4096

      def initialize
        @kept = {}
        @noted = {}
      end

      # @return [Hash, nil] a copy that is the application's
      def find(said)
        return nil unless (kept = @kept[said])

        env, changeable = kept
        env = env.dup
        changeable.each { |key, value| env[key] = +value }
        env
      end

      def note(said, env)
        return if said.bytesize > LONGEST

        mark = said.hash
        return keep(said, env) if @noted.delete(mark)

        @noted.clear if @noted.size >= MOST_NOTED
        @noted[mark] = true
      end

      private

      def keep(said, env)
        @kept.clear if @kept.size >= MOST
        changeable = env.select { |_, value| value.is_a?(String) && !value.frozen? }
        @kept[said] = [env.dup, changeable.transform_values { |value| value.dup.freeze }]
      end
    end
  end
end
