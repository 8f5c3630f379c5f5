# frozen_string_literal: true

$LOAD_PATH.unshift(File.expand_path('../lib', __dir__))

require 'minitest/autorun'
require 'json'
require 'net/http'
require 'socket'
require 'tmpdir'
require 'timeout'
require 'msglite'

# Brokers, proxies and wrappers in processes of their own, on sockets in folders of their own.
module Support
  ROOT = File.expand_path('../../..', __dir__)
  HERE = File.expand_path(__dir__)
  LIB = File.expand_path('../lib', __dir__)
  COMMAND = File.expand_path('../exe/msglite-rackup', __dir__)

  module_function

  # @return [Array<Hash>]
  def fixtures(path, member)
    found = JSON.parse(File.read(File.join(ROOT, 'test/fixtures', path)))[member]
    raise "nothing in #{path}" if found.empty?

    found
  end

  # One character is one byte.
  def bytes(text)
    text.encode(Encoding::ISO_8859_1).b
  end

  # A process whose lines are collected.
  class Launched
    attr_reader :pid

    def initialize(*command, env: {}, chdir: nil)
      @log = String.new
      @lock = Monitor.new
      @changed = @lock.new_cond
      reader, writer = IO.pipe
      env = { 'NODE_V8_COVERAGE' => nil, 'RUBYOPT' => '-w' }.merge(env)
      @pid = Process.spawn(env, *command, chdir: chdir || Dir.pwd, in: File::NULL, out: writer, err: writer)
      writer.close
      @thread = Thread.new { collect(reader) }
    end

    def log
      @lock.synchronize { @log.dup }
    end

    # Waits for what the pattern matches, the n-th such.
    # @return [MatchData]
    def says(pattern, times = 1)
      deadline = Msglite::Clock.now + 30
      @lock.synchronize do
        loop do
          found = @log.to_enum(:scan, pattern).map { Regexp.last_match }
          return found[times - 1] if found.size >= times
          raise "it did not say #{pattern.inspect} #{times} times:\n#{@log}" if @ended || Msglite::Clock.now > deadline

          @changed.wait(1)
        end
      end
    end

    def signal(signal)
      Process.kill(signal, @pid)
    end

    # @return [Process::Status]
    def end(signal = 'TERM')
      return @status if @status

      self.signal(signal)
      wait
    end

    def wait
      @status ||= Timeout.timeout(30) { Process.wait2(@pid).last }
      @thread.join
      @status
    rescue Timeout::Error
      Process.kill('KILL', @pid)
      raise "it did not end:\n#{log}"
    end

    private

    def collect(reader)
      while (line = reader.gets)
        @lock.synchronize do
          @log << line
          @changed.broadcast
        end
      end
      reader.close
      @lock.synchronize do
        @ended = true
        @changed.broadcast
      end
    end
  end

  # +msglite+; with +web+, <tt>msglite up</tt>: a proxy beside it.
  class Broker < Launched
    attr_reader :path, :web, :address

    def initialize(folder, *options, web: false)
      @path = File.join(folder, 'socket')
      @web = File.join(folder, 'web')
      @address = "unix:#{@path}"
      proxy = web ? ['up', '--http-network', 'unix', '--http-address', @web] : []
      super(ENV['NODE'] || 'node', File.join(ROOT, 'bin/msglite.js'), *proxy, '--address', @path, *options)
      says(web ? / up broker=/ : / listening on=/)
    end
  end

  # +msglite-rackup+
  class Wrapper < Launched
    def initialize(broker, app, *options, env: {}, ready: true)
      super(RbConfig.ruby, '-I', LIB, COMMAND, '--broker', broker.address, '--loglevel', 'info', *options, File.expand_path(app, HERE),
            env: env)
      says(/ serving generation=0/) if ready
    end

    # Process ids of its workers.
    def workers
      `ps -o pid= --ppid #{pid}`.split.map(&:to_i)
    end
  end

  # Web requests over a unix socket.
  class Web
    def initialize(path)
      @path = path
    end

    # @return [Net::HTTPResponse]
    # @yield [Net::HTTPResponse] for a stream
    def ask(request, &block)
      http = Net::HTTP.new('127.0.0.1', nil, nil)
      http.read_timeout = 30
      http.max_retries = 0
      socket = UNIXSocket.new(@path)
      http.define_singleton_method(:connect) do
        @socket = Net::BufferedIO.new(socket, read_timeout: 30, write_timeout: 30)
      end
      http.start { |started| started.request(request, &block) }
    end

    def get(target, headers = {})
      ask(Net::HTTP::Get.new(target, { 'Host' => '127.0.0.1', 'Accept-Encoding' => 'identity' }.merge(headers)))
    end

    def post(target, body, headers = {})
      always = { 'Host' => '127.0.0.1', 'Accept-Encoding' => 'identity', 'Content-Type' => 'application/octet-stream' }
      request = Net::HTTP::Post.new(target, always.merge(headers))
      request.body = body
      ask(request)
    end
  end
end

# Ends what a test has started, in reverse order.
class BrokerTest < Minitest::Test
  include Support

  def setup
    @folder = Dir.mktmpdir('msglite-')
    @ends = [-> { FileUtils.remove_entry(@folder) }]
  end

  def teardown
    @ends.reverse_each(&:call)
  end

  # One broker for all tests of a class.
  def self.shares_broker(*options, web: false)
    define_singleton_method(:shared) do
      @shared ||= begin
        folder = Dir.mktmpdir('msglite-')
        broker = Support::Broker.new(folder, *options, web: web)
        Minitest.after_run do
          broker.end
          FileUtils.remove_entry(folder)
        end
        broker
      end
    end
  end

  def shared
    self.class.shared
  end

  def broker(*options, web: false)
    broker = Support::Broker.new(@folder, *options, web: web)
    @ends << -> { broker.end }
    broker
  end

  def client(broker, **options)
    client = Msglite.connect(broker.address, **options)
    @ends << -> { client.link.close }
    client
  end

  def wrapper(broker, app, *options, **more)
    wrapper = Support::Wrapper.new(broker, app, *options, **more)
    @ends << -> { wrapper.end }
    wrapper
  end

  # The error's code.
  def code(&block)
    assert_raises(Msglite::Error, &block).code
  end

  # For what no event tells.
  def eventually
    deadline = Msglite::Clock.now + 20
    until (found = yield)
      raise 'it did not come to that' if Msglite::Clock.now > deadline

      sleep 0.01
    end
    found
  end
end
