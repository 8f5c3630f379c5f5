# frozen_string_literal: true

# What tests of workers need. GENERATION_FILE: what is in there when it is loaded is its generation.

$stdout.sync = true
generation = ENV['GENERATION_FILE'] ? File.read(ENV['GENERATION_FILE']) : ''
raise 'this application is broken' if generation == 'broken'

plain = { 'content-type' => 'text/plain' }.freeze
together = Queue.new
waiting = 0
counted = 0
lock = Mutex.new

endless = Class.new do
  def each
    loop do
      yield "again\n"
      sleep 0.01
    end
  end

  def close
    puts 'closed'
  end
end

big = Class.new do
  def each
    320.times do |n|
      puts "sent #{n}"
      yield 'x' * 65_536
    end
  end
end

dying = Class.new do
  def each
    yield 'begun'
    sleep 0.2
    Process.kill('KILL', Process.pid)
    sleep
  end
end

run(lambda do |env|
  case env['PATH_INFO']
  when '/' then [200, plain.dup, [Process.pid.to_s]]
  when '/generation' then [200, plain.dup, [generation]]
  when '/die'
    # The first one dies of it, the second answers.
    Process.kill('KILL', Process.pid) if File.exist?(env['QUERY_STRING']) && File.delete(env['QUERY_STRING'])
    [200, plain.dup, ['survived']]
  when '/die-in-stream' then [200, plain.dup, dying.new]
  when '/exit' then exit!(7)
  when '/raise-exit' then exit(7)
  when '/slow'
    puts 'at work'
    sleep 1
    [200, plain.dup, ['slow']]
  when '/together'
    count = Integer(env['QUERY_STRING'])
    lock.synchronize { waiting += 1 }
    count.times { together << true } if (waiting % count).zero?
    together.pop
    [200, plain.dup, ['together']]
  when '/held'
    # Until there is that file.
    puts 'held'
    sleep 0.01 until File.exist?(env['QUERY_STRING'])
    [200, plain.dup, [Process.pid.to_s]]
  when '/count' then [200, plain.dup, [(counted += 1).to_s]]
  when '/endless' then [200, plain.dup, endless.new]
  when '/big' then [200, plain.dup, big.new]
  when '/waits'
    puts 'waiting'
    sleep 0.01 until env['msglite.departure'].gone?
    puts 'gone'
    [200, plain.dup, []]
  when '/upload'
    puts "begins with #{env['rack.input'].read(5)}"
    begin
      [200, plain.dup, [(5 + env['rack.input'].read.bytesize).to_s]]
    rescue IOError => e
      puts "upload: #{e.class}"
      raise
    end
  when '/compiled' then [200, plain.dup, [(defined?(RubyVM::YJIT) && RubyVM::YJIT.enabled?).to_s]]
  when '/echo' then [200, plain.dup, [env['rack.input'].read]]
  else [404, plain.dup, []]
  end
end)
