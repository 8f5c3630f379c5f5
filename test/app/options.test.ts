import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { environmentName, OPTIONS } from '../../src/app/options/table.js';
import { brokerLink, brokerOptions, proxyOptions, upOptions } from '../../src/app/options.js';
import { UsageError } from '../../src/app/usage.js';

const HTTP_LIMITS = {
  connections: 10_000,
  headTimeout: 10_000,
  bodyTimeout: 20_000,
  bodyRate: 500,
  writeTimeout: 30_000,
  idle: Number.POSITIVE_INFINITY,
  keepAlive: 75_000,
};

describe('options', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'msglite-options-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function file(text: string): string {
    const path = join(folder, 'broker.toml');
    writeFileSync(path, text);
    return path;
  }

  it('has the defaults of 2010, and ours', () => {
    const bytes = Math.floor(getHeapStatistics().heap_size_limit / 2);
    expect(brokerOptions({}, {})).to.deep.equal({
      listen: [{ path: '/tmp/msglite.socket', mode: 0o660 }],
      http: undefined,
      journal: undefined,
      access: { tokens: undefined, on: 'tcp', timeout: 10_000 },
      tls: undefined,
      limits: {
        queueMessages: 100_000_000,
        queueBytes: Math.floor(0.75 * bytes),
        messages: 100_000_000,
        bytes,
        memory: 64 * 1024 ** 2,
        ids: 1_000_000,
        deadLifetime: 7 * 24 * 3600 * 1000,
        line: 8192,
        body: 16 * 1024 ** 2,
        connections: 10_000,
        writeTimeout: 30_000,
      },
      sockets: 'auto',
      log: { level: 'minimal', format: 'text' },
      drainTimeout: 10_000,
    });
  });

  it('is frozen through and through', () => {
    const options = brokerOptions({ 'http-address': '127.0.0.1:80' }, {});
    for (const part of [options, options.listen, options.listen[0], options.http, options.limits]) {
      expect(Object.isFrozen(part)).to.equal(true);
    }
  });

  describe('where to listen', () => {
    const cases: [string, Record<string, string | string[]>, unknown[]][] = [
      ['tcp by default', { network: 'tcp' }, [{ host: '127.0.0.1', port: 9813 }]],
      ['tcp', { network: 'tcp', address: '[::1]:80' }, [{ host: '::1', port: 80 }]],
      ['unix', { address: '/run/a', 'socket-mode': '600' }, [{ path: '/run/a', mode: 0o600 }]],
      ['only --listen', { listen: ['tcp:localhost:0'] }, [{ host: 'localhost', port: 0 }]],
      [
        'both, several',
        { address: '/a', listen: ['unix:/b', 'tcp:::1:9'].slice(0, 1).concat('tcp:[::1]:9') },
        [
          { path: '/a', mode: 0o660 },
          { path: '/b', mode: 0o660 },
          { host: '::1', port: 9 },
        ],
      ],
    ];
    for (const [name, flags, expected] of cases) {
      it(name, () => expect(brokerOptions(flags, {}).listen).to.deep.equal(expected));
    }
  });

  it('turns the proxy on with either of its addresses', () => {
    expect(brokerOptions({ 'http-network': 'tcp' }, {}).http).to.deep.equal({
      listen: { host: '127.0.0.1', port: 8080 },
      routes: [{ methods: undefined, host: '', prefix: '', to: 'msglite.httpRequests', max: Number.POSITIVE_INFINITY }],
      envelope: 2,
      timeout: 180_000,
      queueTimeout: undefined,
      maxBody: 16 * 1024 ** 2,
      redeliver: 'idempotent',
      trust: [],
      limits: HTTP_LIMITS,
    });
    expect(brokerOptions({ 'http-network': 'unix' }, {}).http?.listen).to.deep.equal({
      path: '/tmp/msglite.http.socket',
      mode: 0o660,
    });
    expect(brokerOptions({ 'http-address': '0.0.0.0:80' }, {}).http?.listen).to.deep.equal({
      host: '0.0.0.0',
      port: 80,
    });
    expect(brokerOptions({ 'http-timeout': '9' }, {}).http).to.equal(undefined);
  });

  it('understands sizes, seconds and addresses', () => {
    const { limits, http, drainTimeout } = brokerOptions(
      {
        'max-body': '64k',
        'max-bytes': '2G',
        'max-line': '1024',
        'drain-timeout': '0.25',
        'http-network': 'tcp',
        'http-msg-address': 'é',
      },
      {},
    );
    expect(limits).to.include({ body: 65_536, bytes: 2 * 1024 ** 3, queueBytes: 1.5 * 1024 ** 3, line: 1024 });
    expect(drainTimeout).to.equal(250);
    expect(http?.routes[0]?.to).to.equal('\u00c3\u00a9');
  });

  it('prefers flags to the environment, the environment to the file, the file to the defaults', () => {
    const config = file(
      'drain-timeout = 1\njournal = "file"\nloglevel = "debug"\nhttp-envelope = 1\nhttp-network = "tcp"',
    );
    const environment = {
      MSGLITE_CONFIG: config,
      MSGLITE_DRAIN_TIMEOUT: '2',
      MSGLITE_JOURNAL: 'environment',
      OTHER: 'x',
    };
    const options = brokerOptions({ 'drain-timeout': '3' }, environment);
    expect(options.drainTimeout).to.equal(3000);
    expect(options.journal).to.deep.equal({ file: 'environment', sync: 'full' });
    expect(options.log.level).to.equal('debug');
    expect(options.http?.envelope).to.equal(1);
    expect(options.limits.connections).to.equal(10_000);
  });

  it('takes several values from the environment and the file', () => {
    const expected = [
      { path: '/a', mode: 0o660 },
      { host: 'h', port: 1 },
    ];
    const environment = { MSGLITE_LISTEN: 'unix:/a  tcp:h:1', MSGLITE_INSECURE: 'true' };
    expect(brokerOptions({}, environment).listen).to.deep.equal(expected);
    const config = file('listen = ["unix:/a", "tcp:h:1"]\ninsecure = true');
    expect(brokerOptions({ config }, {}).listen).to.deep.equal(expected);
  });

  describe('who may connect', () => {
    const beyond = { listen: ['unix:/a', 'tcp:0.0.0.0:1'] };
    const tls = { 'tls-cert': 'c', 'tls-key': 'k' };
    const tokens = { tokens: 't' };
    const both = '--tls-cert and --tls-key, and --tokens (or --tls-ca, for clients with certificates)';
    for (const [name, flags, missing] of [
      ['beyond the loopback address', {}, both],
      ['with tokens that anybody could overhear', tokens, '--tls-cert and --tls-key'],
      ['with TLS but for anybody', tls, '--tokens (or --tls-ca, for clients with certificates)'],
      ['for clients without certificates', { ...tls, 'tls-ca': 'a', 'tls-client-certs': 'allow' }, '--tokens (or '],
    ] as const) {
      it(`refuses to listen ${name}, and says what is missing`, () => {
        const said = `tcp:0.0.0.0:1 can be reached from other machines: give ${missing}`;
        expect(() => brokerOptions({ ...beyond, ...flags }, {})).to.throw(UsageError, said);
      });
    }

    for (const [name, flags] of [
      ['with TLS and tokens', { ...beyond, ...tls, ...tokens }],
      ['for clients with certificates', { ...beyond, ...tls, 'tls-ca': 'a' }],
      ['with --insecure', { ...beyond, insecure: true }],
      ['on the loopback addresses', { listen: ['tcp:127.0.0.2:1', 'tcp:[::1]:1', 'tcp:localhost:1'] }],
    ] as const) {
      it(`listens ${name}`, () => {
        expect(brokerOptions(flags, {}).listen).to.have.length(flags.listen.length);
      });
    }

    for (const host of ['example.org', '127.example.org', '10.0.0.1', '[::]', '[::2]', 'localhost.example.org']) {
      it(`does not take ${host} for this machine`, () => {
        expect(() => brokerOptions({ listen: [`tcp:${host}:1`] }, {})).to.throw(UsageError, 'other machines');
      });
    }

    it('is told by the options', () => {
      const options = brokerOptions({ ...tls, ...tokens, 'tls-ca': 'a', 'tokens-on': 'all', 'auth-timeout': '3' }, {});
      expect(options.access).to.deep.equal({ tokens: 't', on: 'all', timeout: 3000 });
      expect(options.tls).to.deep.equal({ cert: 'c', key: 'k', ca: 'a', clientCerts: 'require' });
    });

    for (const [flags, expected] of [
      [{ 'tls-cert': 'c' }, '--tls-cert needs --tls-key beside it'],
      [{ 'tls-key': 'k' }, '--tls-key needs --tls-cert beside it'],
      [{ 'tls-ca': 'a' }, '--tls-ca needs --tls-cert and --tls-key beside it'],
      [{ 'tokens-on': 'all' }, '--tokens-on all needs --tokens beside it'],
    ] as const) {
      it(expected, () => {
        expect(() => brokerOptions(flags, {})).to.throw(UsageError, expected);
      });
    }
  });

  it('takes every option from each of the three sources', () => {
    for (const [name, option] of OPTIONS) {
      const wrong = '\u0000 wrong';
      const texts = option.repeatable ? [wrong] : wrong;
      if (option.only === undefined || option.only === 'broker' || option.only === 'proxies') {
        expect(() => brokerOptions({ [name]: texts }, {}), name).to.throw(UsageError, `--${name}: `);
      }
      const variable = environmentName(name);
      if (!option.repeatable) {
        expect(() => brokerOptions({}, { [variable]: wrong }), name).to.throw(UsageError, `${variable}: `);
      }
      const config = file(`${name} = "\\u0000 wrong"`);
      expect(() => brokerOptions({ config }, {}), name).to.throw(UsageError, `${config}: ${name}: `);
    }
  });

  describe('says what is wrong, where, and what was expected', () => {
    const cases: [string, Record<string, string | string[]>, Record<string, string>, string | undefined, RegExp][] = [
      ['a size', { 'max-body': '5x' }, {}, undefined, /^--max-body: "5x" is not valid, expected a size of at least 0/],
      [
        'a size too small',
        { 'max-line': '4' },
        {},
        undefined,
        /^--max-line: "4" is not valid, expected a size of at least 512/,
      ],
      [
        'seconds',
        {},
        { MSGLITE_HTTP_TIMEOUT: '-1' },
        undefined,
        /^environment variable MSGLITE_HTTP_TIMEOUT: "-1" .* seconds from 0.1/,
      ],
      ['a count', {}, {}, 'max-connections = 0', /broker.toml: max-connections: "0" .* whole number of at least 1$/],
      ['a mode', { 'socket-mode': '888' }, {}, undefined, /permissions in octal/],
      [
        'TOML octal, which would mean something else',
        {},
        {},
        'socket-mode = 0o660',
        /socket-mode: expected text in quotes/,
      ],
      ['yes or no', {}, { MSGLITE_INSECURE: 'maybe' }, undefined, /INSECURE: "maybe" .* expected one of: true, false$/],
      ['yes or no in TOML', {}, {}, 'insecure = 1', /broker.toml: insecure: expected true or false$/],
      ['a word', { network: 'udp' }, {}, undefined, /^--network: "udp" is not valid, expected one of: unix, tcp$/],
      [
        'a port',
        { network: 'tcp', address: 'h:65536' },
        {},
        undefined,
        /^--address: "h:65536" is not valid, expected HOST:PORT/,
      ],
      ['a place', { listen: ['/tmp/x'] }, {}, undefined, /^--listen: "\/tmp\/x" .* unix:\/path or tcp:host:port$/],
      ['an address', { 'http-msg-address': 'a b' }, {}, undefined, /^--http-msg-address: .* without blanks$/],
      ['a table', {}, {}, '[journal]\nfile = "x"', /broker.toml: journal: expected text in quotes/],
      [
        'an unknown variable',
        {},
        { MSGLITE_JORNAL: 'x' },
        undefined,
        /unknown environment variable MSGLITE_JORNAL \(did you mean MSGLITE_JOURNAL\?\)/,
      ],
      [
        'an unknown variable like no other',
        {},
        { MSGLITE_XYZXYZXYZXYZ: 'x' },
        undefined,
        /unknown environment variable MSGLITE_XYZXYZXYZXYZ$/,
      ],
      [
        'an unknown key',
        {},
        {},
        'max-boddy = 1',
        /broker.toml: unknown option "max-boddy" \(did you mean max-body\?\)/,
      ],
      ['bad TOML', {}, {}, 'a = 1\nb = = 1', /broker.toml:2:\d+: Invalid TOML[^\n]*$/],
      [
        'no file',
        { config: '/nowhere/x.toml' },
        {},
        undefined,
        /cannot read the configuration file \/nowhere\/x.toml: ENOENT/,
      ],
      [
        'a list of brokers',
        {},
        { MSGLITE_BROKER: 'unix:/a,tcp:b' },
        undefined,
        /: "unix:\/a,tcp:b" .* or several of them/,
      ],
      ['a flag for others', { broker: 'unix:/x' }, {}, undefined, /^--broker is for send, ready, query and http$/],
    ];
    for (const [name, flags, environment, toml, expected] of cases) {
      it(name, () => {
        const all = toml === undefined ? flags : { ...flags, config: file(toml) };
        expect(() => brokerOptions(all, environment)).to.throw(UsageError, expected);
      });
    }
  });

  describe('of an HTTP proxy in a process of its own', () => {
    it('are those of the proxy in a broker, and where brokers are', () => {
      const flags = { broker: 'unix:/a, tcp:[::1]:9', 'http-timeout': '9', 'http-address': '[::1]:80' };
      expect(proxyOptions(flags, {})).to.deep.equal({
        broker: { at: [{ path: '/a' }, { host: '::1', port: 9 }], token: undefined, tls: undefined },
        http: {
          listen: { host: '::1', port: 80 },
          routes: [
            { methods: undefined, host: '', prefix: '', to: 'msglite.httpRequests', max: Number.POSITIVE_INFINITY },
          ],
          envelope: 2,
          timeout: 9000,
          queueTimeout: undefined,
          maxBody: 16 * 1024 ** 2,
          redeliver: 'idempotent',
          trust: [],
          limits: HTTP_LIMITS,
        },
        socket: undefined,
        sockets: 'auto',
        log: { level: 'minimal', format: 'text' },
        drainTimeout: 10_000,
      });
    });

    it('lead to where a broker with the same options listens', () => {
      const { broker, http } = proxyOptions({ address: '/a' }, { MSGLITE_JOURNAL: 'x' });
      expect(broker.at).to.deep.equal([{ path: '/a', mode: 0o660 }]);
      expect(http.listen).to.deep.equal({ host: '127.0.0.1', port: 8080 });
    });

    it('say how to be let in', () => {
      const { broker } = proxyOptions({ broker: 'tcp:h:1', 'broker-ca': '/ca' }, { MSGLITE_TOKEN: 'secret' });
      expect(broker).to.deep.include({ token: 'secret', tls: { ca: '/ca', cert: undefined, key: undefined } });
      expect(proxyOptions({ 'broker-tls': true }, {}).broker.tls).to.have.property('ca', undefined);
      expect(() => proxyOptions({ 'broker-cert': '/c' }, {})).to.throw(UsageError, '--broker-cert needs --broker-key');
    });

    it('are not the flags of the broker, nor of up', () => {
      expect(() => proxyOptions({ journal: 'x' }, {})).to.throw(UsageError, '--journal is for the broker only');
      expect(() => proxyOptions({ 'http-proxies': '2' }, {})).to.throw(UsageError, '--http-proxies is for up only');
    });
  });

  describe('of a broker with proxies beside it', () => {
    it('are those of both', () => {
      const flags = { address: '/a', journal: '/j', 'http-proxies': '3', 'http-address': '[::1]:80' };
      const { broker, proxy, proxies } = upOptions(flags, {});
      expect(broker).to.deep.equal(brokerOptions({ address: '/a', journal: '/j' }, {}));
      expect(proxy).to.deep.equal(proxyOptions({ address: '/a', 'http-address': '[::1]:80' }, {}));
      expect(proxies).to.equal(3);
    });

    it('need name no address for web clients', () => {
      const { broker, proxy, proxies } = upOptions({}, {});
      expect(broker.http).to.equal(undefined);
      expect(proxy.http.listen).to.deep.equal({ host: '127.0.0.1', port: 8080 });
      expect(proxies).to.equal(1);
    });

    it('lead proxies to a socket file, where there is one', () => {
      const listen = ['tcp:127.0.0.1:0', 'unix:/a'];
      expect(upOptions({ listen }, {}).proxy.broker.at).to.deep.equal([{ path: '/a', mode: 0o660 }]);
      const { at } = upOptions({ listen: ['tcp:127.0.0.1:0'] }, {}).proxy.broker;
      expect(at).to.deep.equal([{ host: '127.0.0.1', port: 0 }]);
    });

    it('say what proxies would need to be let in', () => {
      const needs = (flags: Record<string, string | string[]>) => () => upOptions(flags, {});
      const tokens = { tokens: '/t' };
      expect(needs(tokens)).not.to.throw();
      expect(needs({ ...tokens, 'tokens-on': 'all' })).to.throw(UsageError, 'the proxies need a --token');
      expect(needs({ ...tokens, 'tokens-on': 'all', token: 'x' })).not.to.throw();
      expect(needs({ ...tokens, network: 'tcp' })).to.throw(UsageError, 'the proxies need a --token');
      const tls = { network: 'tcp', 'tls-cert': '/c', 'tls-key': '/k' };
      expect(needs(tls)).to.throw(UsageError, 'the proxies need --broker-ca');
      expect(needs({ ...tls, 'broker-ca': '/ca' })).not.to.throw();
    });

    it('are not the flags of who looks for a broker', () => {
      expect(() => upOptions({ broker: 'unix:/x' }, {})).to.throw(UsageError, '--broker is for send, ready,');
    });
  });

  describe('of the commands that talk to a broker', () => {
    it('lead to where a broker with the same options listens', () => {
      expect(brokerLink({}, {}).at[0]).to.include({ path: '/tmp/msglite.socket' });
      expect(brokerLink({}, { MSGLITE_LISTEN: 'tcp:h:1 tcp:h:2', MSGLITE_JOURNAL: 'x' }).at[0]).to.deep.equal({
        host: 'h',
        port: 1,
      });
      expect(brokerLink({ config: file('network = "tcp"') }, {}).at[0]).to.deep.equal({
        host: '127.0.0.1',
        port: 9813,
      });
    });

    it('prefer --broker', () => {
      expect(brokerLink({ broker: 'tcp:h:1' }, { MSGLITE_LISTEN: 'tcp:h:2' }).at[0]).to.deep.equal({
        host: 'h',
        port: 1,
      });
    });

    it('are not the flags of the broker', () => {
      expect(() => brokerLink({ journal: 'x' }, {})).to.throw(UsageError, '--journal is for the broker only');
    });
  });
});
