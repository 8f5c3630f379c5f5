// Who may import whom. `npm test` runs it over src and bench; test/house/imports.test.ts plants violations and sees them found.
const TYPES = ['type-only'];
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const npm = ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg', 'npm-unknown', 'core'];

module.exports = {
  forbidden: [
    rule(
      'no-cycles',
      'a cycle has no beginning to read from',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: TYPES } },
    ),
    rule('domain-is-pure', 'no package, no node: module', { path: '^src/domain' }, { dependencyTypes: npm }),
    rule(
      'domain-imports',
      'itself, and types of ports',
      { path: '^src/domain' },
      { path: '^src', pathNot: ['^src/domain', '^src/ports'] },
    ),
    rule(
      'domain-imports-types-of-ports',
      'a port is only a type to the domain',
      { path: '^src/domain' },
      { path: '^src/ports', dependencyTypesNot: TYPES },
    ),
    rule(
      'ports-import-types',
      'of themselves and of the domain',
      { path: '^src/ports' },
      { dependencyTypesNot: TYPES },
    ),
    rule(
      'ports-import-domain',
      'and nothing else',
      { path: '^src/ports' },
      { path: '^src', pathNot: ['^src/ports', '^src/domain'] },
    ),
    rule(
      'protocol-imports',
      'itself and the vocabulary of the domain',
      { path: '^src/protocol' },
      { path: '^src', pathNot: ['^src/protocol', '^src/domain/(address|control|message|errors)\\.ts$'] },
    ),
    rule('sockets-import', 'nothing but Node', { path: '^src/sockets' }, { path: '^src', pathNot: '^src/sockets' }),
    rule(
      'client-needs-no-package',
      'who uses it has nothing else to install',
      { path: '^src/(client|protocol|sockets)' },
      { dependencyTypes: npm.filter((type) => type !== 'core') },
    ),
    rule(
      'client-imports',
      'itself, the protocol and sockets',
      { path: '^src/client' },
      { path: '^src', pathNot: ['^src/client', '^src/protocol', '^src/sockets'] },
    ),
    rule(
      'adapters-import',
      'ports, domain, protocol, sockets and themselves; the exchange over a socket is built on the client',
      { path: '^src/adapters', pathNot: '^src/adapters/broker/' },
      { path: '^src', pathNot: ['^src/adapters', '^src/ports', '^src/domain', '^src/protocol', '^src/sockets'] },
    ),
    rule(
      'no-sibling-adapters',
      'what two of them share is a port, or app passes it',
      { path: '^src/adapters/(journal/[^/]+|[^/]+)/' },
      { path: '^src/adapters', pathNot: '^src/adapters/$1/' },
    ),
    rule(
      'only-app-imports-adapters',
      'and only app makes them',
      { path: '^src/(?!app|adapters)' },
      { path: '^src/adapters' },
    ),
    rule('nobody-imports-app', 'it is the outermost', { path: '^src/(?!app)' }, { path: '^src/app' }),
    rule('nobody-imports-bench', 'it measures what others use', { path: '^src' }, { path: '^bench' }),
    rule(
      'bench-imports',
      'itself and what the client shows to everybody',
      { path: '^bench' },
      { path: '^src', pathNot: '^src/client/index\\.ts$' },
    ),
    rule(
      'injection-stays-outside',
      'adapters and app only',
      { path: '^src/(domain|ports|protocol|sockets|client)' },
      { path: 'node_modules/(tsyringe|reflect-metadata)' },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    detectProcessBuiltinModuleCalls: true,
  },
};
