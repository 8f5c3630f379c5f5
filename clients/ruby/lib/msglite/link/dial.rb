# frozen_string_literal: true

require 'socket'

module Msglite
  # What OpenSSL raises where it is there; nothing otherwise.
  OpenSSLError = begin
    require 'openssl'
    OpenSSL::SSL::SSLError
  rescue LoadError
    Class.new(StandardError)
  end

  class Link
    # Sockets to brokers. Unix sockets never speak TLS.
    module Dial
      module_function

      # @raise [SystemCallError, SocketError, OpenSSLError]
      def dial(endpoint, settings)
        return UNIXSocket.new(endpoint.path) unless endpoint.tcp?

        timeout = settings.connect_timeout
        socket = Socket.tcp(endpoint.host, endpoint.port, connect_timeout: timeout)
        socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
        settings.tls ? secure(socket, endpoint, settings.tls, timeout) : socket
      rescue Exception # Also when the thread is killed
        socket&.close
        raise
      end

      def secure(socket, endpoint, tls, timeout)
        deadline = Clock.now + timeout
        name = tls.is_a?(Hash) && tls[:servername] ? tls[:servername] : endpoint.host
        ssl = OpenSSL::SSL::SSLSocket.new(socket, context(tls))
        ssl.sync_close = true
        ssl.hostname = name unless /\A[\d.]+\z|:/.match?(name)
        shake(ssl, deadline)
        ssl.post_connection_check(name) unless ssl.context.verify_mode == OpenSSL::SSL::VERIFY_NONE
        ssl
      end

      def shake(ssl, deadline)
        until (state = ssl.connect_nonblock(exception: false)) == ssl
          left = [deadline - Clock.now, 0].max
          ready = state == :wait_writable ? ssl.to_io.wait_writable(left) : ssl.to_io.wait_readable(left)
          raise Errno::ETIMEDOUT, 'the TLS handshake' unless ready
        end
      end

      # @param tls [true, Hash, OpenSSL::SSL::SSLContext] +ca+, +cert+ and +key+ are files in PEM
      def context(tls)
        return tls if tls.is_a?(OpenSSL::SSL::SSLContext)

        options = tls == true ? {} : tls
        context = OpenSSL::SSL::SSLContext.new
        context.set_params(verify_mode: OpenSSL::SSL::VERIFY_PEER)
        context.min_version = OpenSSL::SSL::TLS1_2_VERSION
        context.ca_file = options[:ca] if options[:ca]
        identify(context, options) if options[:cert]
        context
      end

      def identify(context, options)
        own, *chain = OpenSSL::X509::Certificate.load_file(options[:cert])
        key = OpenSSL::PKey.read(File.read(options[:key] || options[:cert]))
        context.add_certificate(own, key, chain)
      end
    end
  end
end
