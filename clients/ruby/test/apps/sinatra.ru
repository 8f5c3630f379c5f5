# frozen_string_literal: true

# A Sinatra application: forms, upload, cookies, streaming, error pages.

require 'digest'
require 'json'
require 'sinatra/base'

class Application < Sinatra::Base
  set :environment, :production
  set :host_authorization, {}
  set :sessions, true
  set :session_secret, 'for tests ' * 10
  set :protection, except: %i[http_origin remote_token]
  set :show_exceptions, false
  set :raise_errors, false
  set :dump_errors, true
  set :static, true
  set :public_folder, __dir__

  get('/') { "<form method=post action=#{url('/form')}>#{params['q']}" }

  post('/form') { JSON.generate(params.sort.to_h) }

  post('/upload') do
    files = params.select { |_, value| value.is_a?(Hash) }
    JSON.generate('note' => params['note'], 'files' => files.map do |name, file|
      [name, file['filename'], file['type'], Digest::SHA256.hexdigest(file['tempfile'].read)]
    end)
  end

  post('/raw') do
    data = request.body.read
    JSON.generate(length: request.content_length, bytes: data.bytesize, hash: Digest::SHA256.hexdigest(data))
  end

  get('/login/:name') do |name|
    session['name'] = name
    response.set_cookie('theme', value: "d\u00fcster", max_age: '60')
    response.set_cookie('second', '2')
    redirect to('/whoami')
  end

  get('/whoami') { "#{session['name']} #{request.cookies['theme']}" }

  get('/stream') do
    content_type :text
    stream { |out| 20.times { |n| out << "part #{n}\n" } }
  end

  get('/long') do
    content_type 'application/octet-stream'
    '0123456789' * 30_000
  end

  get('/file') { send_file(File.join(__dir__, 'suite.ru'), type: :text, last_modified: Time.at(0)) }

  get('/url/*') do |rest|
    JSON.generate(rest: rest, path: request.path_info, full: request.fullpath, url: request.url)
  end

  get('/cached') do
    etag 'one'
    'fresh'
  end

  get('/empty') { 204 }

  get('/gone') { halt 410, 'not any more' }

  get('/fails') { raise 'on purpose' }

  not_found { "<h1>There is no #{request.path_info}</h1>" }

  error { "<h1>Sorry: #{env['sinatra.error'].class}</h1>" }
end

run Application
