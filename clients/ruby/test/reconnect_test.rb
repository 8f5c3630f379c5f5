# frozen_string_literal: true

require_relative 'support'
require 'openssl'

# What a client does when its broker goes, and how it gets in.
class ReconnectTest < BrokerTest
  def test_what_had_no_receipt_is_sent_again
    first = broker('--journal', journal)
    client = client(first)
    events = Queue.new
    client.on(:disconnect) { |about| events << about }
    client.on(:reconnect) { |about| events << about }
    client.send('jobs', 'kept')
    first.end('KILL')
    assert_equal 'connection-lost', events.pop[:reason].code
    sent = Array.new(100) { |n| client.send_async('jobs', n.to_s) }
    waiting = Thread.new { client.ready('others', timeout: 20) }
    broker('--journal', journal)
    sent.each(&:value)
    assert_operator events.pop[:away], :>, 0
    assert_equal ['kept', *(0...100).map(&:to_s)], Array.new(101) { client.ready('jobs').text }
    client.send('others', 'hello')
    assert_equal 'hello', waiting.value.text
  end

  def test_leases_go_on_over_a_restart
    first = broker('--journal', journal)
    client = client(first)
    3.times { |n| client.send('jobs', n.to_s) }
    stream = client.receive('jobs', concurrency: 3)
    messages = Array.new(3) { stream.next }
    client.flush
    messages[0].done
    first.end('KILL')
    messages[1].done
    broker('--journal', journal)
    client.flush
    messages[2].done
    client.flush
    assert_equal 0, client.control.stats.fetch('deliveries')
    assert_nil client.ready('jobs', timeout: 0)
  end

  def test_queries_are_answered_over_a_restart
    first = broker('--journal', journal)
    asking = client(first)
    asked = Array.new(20) { |n| Thread.new { asking.query('sums', n.to_s, timeout: 30) } }
    eventually { asking.control.peek('sums', 100).size == 20 }
    first.end('KILL')
    answering = client(broker('--journal', journal))
    serving = Thread.new { answering.serve('sums', signals: false) { |message| message.text.reverse } }
    assert_equal((0...20).map { |n| n.to_s.reverse }, asked.map { |thread| thread.value.text })
    answering.drain
    serving.join
  end

  def test_without_ids_it_is_told_what_may_be_lost
    server = UNIXServer.new(File.join(@folder, 'fake'))
    client = nil
    connecting = Thread.new { client = Msglite.connect("unix:#{server.path}", ids: false) }
    socket = greet(server)
    connecting.join
    sending = Thread.new { code { client.send('jobs', 'hello') } }
    assert_match(/\A>> \w+ 5 60 jobs -\r\n/, socket.gets)
    socket.close
    assert_equal 'connection-lost', sending.value
  ensure
    client&.link&.close
    server&.close
  end

  def test_full_of_ids_it_is_sent_without_one
    server = UNIXServer.new(File.join(@folder, 'fake'))
    connecting = Thread.new { Msglite.connect("unix:#{server.path}") }
    socket = greet(server)
    client = connecting.value
    sending = Thread.new { client.send('jobs', 'hello') }
    tag = socket.gets[/\A>> (\w+) 5 60 jobs - id=\S+\r\n/, 1]
    socket.gets
    socket.write("-- #{tag} full too many ids\r\n")
    tag = socket.gets[/\A>> (\w+) 5 60 jobs -\r\n/, 1]
    socket.gets
    socket.write("++ #{tag}\r\n")
    refute_predicate sending.value, :duplicate?
    # Its own id is the sender's wish.
    own = Thread.new { code { client.send('jobs', 'hello', id: 'mine') } }
    tag = socket.gets[/\A>> (\w+) 5 60 jobs - id=mine\r\n/, 1]
    socket.write("-- #{tag} full too many ids\r\n")
    assert_equal 'full', own.value
  ensure
    [socket, server].compact.each(&:close)
    client&.link&.close
  end

  def test_the_first_connection
    assert_equal('unreachable', code { Msglite.connect("unix:#{@folder}/nothing") })
    # On a machine of its own nobody answers; here it does not speak our language.
    server = UNIXServer.new(File.join(@folder, 'fake'))
    answering = Thread.new { server.accept.tap { |socket| socket.write("HTTP/1.1 400 Bad Request\r\n") } }
    assert_equal('protocol', code { Msglite.connect("unix:#{server.path}") })
    answering.value.close
    accepting = Thread.new { server.accept }
    assert_equal('unreachable', code { Msglite.connect("unix:#{server.path}", connect_timeout: 0.05) })
    accepting.value.close
    server.close
    patient = Thread.new { Msglite.connect("unix:#{@folder}/nothing,unix:#{@folder}/socket", wait: true) }
    broker
    patient.value.then do |client|
      client.send('jobs', '')
      client.close
    end
  end

  def test_what_waits_for_a_broker_has_an_end
    first = broker
    client = client(first, max_buffered: { messages: 1 })
    first.end
    sending = Thread.new { code { client.send('jobs', '', timeout: 0.2) } }
    eventually { !client.link.up? && client.link.busy? }
    assert_equal('full', code { client.send('jobs', '') })
    assert_nil client.ready('jobs', timeout: 0.1)
    assert_nil client.query('jobs', '', timeout: 0.1) if sending.join
    assert_equal 'expired', sending.value
  end

  def test_tls_and_tokens
    key = OpenSSL::PKey::RSA.new(2048)
    files = certificate(key)
    tokens = File.join(@folder, 'tokens')
    out, err = IO.pipe.then do |reader, writer|
      pid = Process.spawn('node', File.join(ROOT, 'bin/msglite.js'), 'token', 'me', '--send', 'jobs', '--receive', 'jobs',
                          out: tokens, err: writer)
      writer.close
      Process.wait(pid)
      [File.read(tokens), reader.read]
    end
    refute_empty out
    token = err[/\S{20,}/]
    broker = broker('--listen', 'tcp:127.0.0.1:0', '--tls-cert', files[0], '--tls-key', files[1], '--tokens', tokens)
    port = broker.says(/listening on=tcp:127\.0\.0\.1:(\d+)/)[1]
    address = "tcp:127.0.0.1:#{port}"
    assert_equal('unreachable', code { Msglite.connect(address, token: token, tls: true) })
    tls = { ca: files[0], servername: 'localhost' }
    assert_equal('unauthorized', code { Msglite.connect(address, token: 'wrong', tls: tls) })
    Msglite.connect(address, token: token, tls: tls) do |client|
      client.send('jobs', 'x' * 300_000)
      assert_equal 300_000, client.ready('jobs').body.bytesize
      assert_equal('forbidden', code { client.send('others', '') })
      assert_equal('forbidden', code { client.control.stats })
    end
  end

  private

  def journal
    File.join(@folder, 'journal.db')
  end

  def greet(server)
    socket = server.accept
    assert_equal "!! !\r\n", socket.gets
    socket.write("++ ! v=2 line=8192 body=16777216 journal=off\r\n")
    socket
  end

  # One that signs itself, for localhost.
  def certificate(key)
    name = OpenSSL::X509::Name.parse('/CN=localhost')
    certificate = OpenSSL::X509::Certificate.new
    certificate.version = 2
    certificate.serial = 1
    certificate.subject = certificate.issuer = name
    certificate.public_key = key.public_key
    certificate.not_before = Time.now - 60
    certificate.not_after = Time.now + 3600
    extensions = OpenSSL::X509::ExtensionFactory.new(certificate, certificate)
    certificate.add_extension(extensions.create_extension('basicConstraints', 'CA:TRUE', true))
    certificate.add_extension(extensions.create_extension('subjectAltName', 'DNS:localhost'))
    certificate.sign(key, OpenSSL::Digest.new('SHA256'))
    [certificate.to_pem, key.to_pem].zip(%w[cert.pem key.pem]).map do |pem, file|
      File.join(@folder, file).tap { |path| File.write(path, pem) }
    end
  end
end
