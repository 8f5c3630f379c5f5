# frozen_string_literal: true

module Msglite
  module Web
    # The Rack environment of a request.
    #
    # Names of headers with a <tt>_</tt> are left out: they could not be told from those with a <tt>-</tt>, and what the proxy
    # sets (<tt>X-Forwarded-For</tt>, say) could be set by a client under another name (<tt>X_Forwarded_For</tt>). So is
    # <tt>Proxy</tt>: programs take <tt>HTTP_PROXY</tt> for something else.
    #
    # The path is left as it came, with its <tt>%</tt>: that is what Rack's servers do, and its frameworks expect.
    class Environment
      # Of names, so that they are not made again for each request.
      MOST_KNOWN = 1000
      ABSOLUTE = %r{\Ahttps?://[^/?#]*}i.freeze
      HOST = /\A(\[[\h:.]+\]|[^:@\/\s]+)(?::(\d*))?\z/.freeze
      PORTS = { 'http' => '80', 'https' => '443' }.freeze
      DROPPED = Object.new.freeze
      # What is set for each request, and has its place in those that are kept.
      OWN = %w[REQUEST_METHOD REQUEST_URI PATH_INFO QUERY_STRING rack.input msglite.departure].freeze

      # @param errors [IO] +rack.errors+
      # @param threads [Integer] in this process
      # @param workers [Integer] processes like this one
      def initialize(errors:, threads:, workers:)
        @modern = ::Rack.release.to_i >= 3
        @always = OWN.to_h { |key| [key, nil] }.merge(
          'SCRIPT_NAME' => '', 'SERVER_SOFTWARE' => "msglite/#{VERSION}", 'rack.errors' => errors,
          'rack.multithread' => threads > 1, 'rack.multiprocess' => workers > 1, 'rack.run_once' => false,
          'rack.hijack?' => false
        )
        @always['rack.version'] = ::Rack::VERSION if ::Rack.const_defined?(:VERSION)
        @known = {}
        @hosts = {}
        @seen = Seen.new
      end

      # Whether it is of Rack 3.
      def modern?
        @modern
      end

      # @param head [Head]
      # @return [Hash] without a value for +rack.input+
      def make(head)
        env = usual(head)
        env['REQUEST_METHOD'] = head.method
        env['REQUEST_URI'] = head.url
        locate(env, head.url)
        length(env, head) if env.key?('HTTP_TRANSFER_ENCODING')
        env
      end

      private

      # With what the client says each time.
      def usual(head)
        said = head.said
        return told(head.details) if said.nil?

        env = @seen.find(said)
        return env if env

        env = told(head.details)
        # It may have had to be read as JSON nevertheless.
        @seen.note(said, env) if head.said
        env
      end

      def told(details)
        env = @always.dup
        env['SERVER_PROTOCOL'] = details.protocol.freeze
        env['HTTP_VERSION'] = details.protocol unless @modern
        env['REMOTE_ADDR'] = details.remote_addr
        env['rack.url_scheme'] = details.scheme
        env['HTTPS'] = 'on' if details.scheme == 'https'
        details.each_header { |name, value| add(env, name, value) }
        serve(env)
        env
      end

      def locate(env, url)
        url = url.sub(ABSOLUTE, '') unless url.start_with?('/')
        stop = url.index('?')
        path = stop ? url.byteslice(0, stop) : url.dup
        # The Rack of before 3 has no place for it.
        path = '' if path == '*' && !@modern
        path = '/' if path.empty? && url != '*'
        env['PATH_INFO'] = path
        env['QUERY_STRING'] = stop ? url.byteslice(stop + 1, url.bytesize) : ''
      end

      def add(env, name, value)
        key = @known[name] || key_of(name)
        return if key.equal?(DROPPED)

        before = env[key]
        env[key] = before ? "#{before}#{key == 'HTTP_COOKIE' ? '; ' : ', '}#{value}" : value
      end

      def key_of(name)
        key = name.include?('_') || name.casecmp?('proxy') ? DROPPED : name.upcase.tr('-', '_')
        key = "HTTP_#{key}" unless key.equal?(DROPPED) || %w[CONTENT_TYPE CONTENT_LENGTH].include?(key)
        @known.clear if @known.size >= MOST_KNOWN
        @known[name.dup.freeze] = key.freeze
      end

      def serve(env)
        name, port = @hosts[env['HTTP_HOST']] ||= host_of(env['HTTP_HOST'])
        @hosts.clear if @hosts.size > MOST_KNOWN
        env['SERVER_NAME'] = name
        env['SERVER_PORT'] = port || PORTS[env['rack.url_scheme']]
      end

      def host_of(host)
        match = HOST.match(host || '')
        match ? [match[1].freeze, match[2].to_s.empty? ? nil : match[2].freeze] : ['localhost']
      end

      # The proxy has put a chunked body together.
      def length(env, head)
        env.delete('HTTP_TRANSFER_ENCODING')
        env.delete('CONTENT_LENGTH')
        env['CONTENT_LENGTH'] = (head.body ? head.body.bytesize : 0).to_s unless head.body_addr
      end
    end
  end
end
