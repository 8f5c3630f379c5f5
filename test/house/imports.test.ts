import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { ROOT } from '../support/root.js';

/** Files that break one rule each. */
const PLANTED: readonly (readonly [rule: string, files: Readonly<Record<string, string>>])[] = [
  [
    'no-cycles',
    {
      'domain/a.ts': "import { b } from './b.js';\nexport const a = () => b;",
      'domain/b.ts': "import { a } from './a.js';\nexport const b = () => a;",
    },
  ],
  ['domain-is-pure', { 'domain/a.ts': "import { sep } from 'node:path';\nexport const a = sep;" }],
  ['domain-is-pure', { 'domain/a.ts': "import winston from 'winston';\nexport const a = winston;" }],
  [
    'domain-imports',
    { 'domain/a.ts': "import { b } from '../protocol/b.js';\nexport const a = b;", ...value('protocol/b') },
  ],
  [
    'domain-imports-types-of-ports',
    { 'domain/a.ts': "import { b } from '../ports/b.js';\nexport const a = b;", ...value('ports/b') },
  ],
  [
    'ports-import-types',
    { 'ports/a.ts': "import { b } from '../domain/b.js';\nexport const a = b;", ...value('domain/b') },
  ],
  [
    'ports-import-domain',
    { 'ports/a.ts': "import type { b } from '../protocol/b.js';\nexport type A = typeof b;", ...value('protocol/b') },
  ],
  [
    'protocol-imports',
    { 'protocol/a.ts': "import { b } from '../ports/b.js';\nexport const a = b;", ...value('ports/b') },
  ],
  [
    'protocol-imports',
    { 'protocol/a.ts': "import { b } from '../domain/b.js';\nexport const a = b;", ...value('domain/b') },
  ],
  [
    'sockets-import',
    { 'sockets/a.ts': "import { b } from '../protocol/b.js';\nexport const a = b;", ...value('protocol/b') },
  ],
  ['client-needs-no-package', { 'client/a.ts': "import winston from 'winston';\nexport const a = winston;" }],
  [
    'client-imports',
    { 'client/a.ts': "import { b } from '../domain/b.js';\nexport const a = b;", ...value('domain/b') },
  ],
  [
    'adapters-import',
    { 'adapters/x/a.ts': "import { b } from '../../client/b.js';\nexport const a = b;", ...value('client/b') },
  ],
  [
    'no-sibling-adapters',
    { 'adapters/x/a.ts': "import { b } from '../y/b.js';\nexport const a = b;", ...value('adapters/y/b') },
  ],
  [
    'no-sibling-adapters',
    {
      'adapters/journal/x/a.ts': "import { b } from '../y/b.js';\nexport const a = b;",
      ...value('adapters/journal/y/b'),
    },
  ],
  [
    'only-app-imports-adapters',
    { 'client/a.ts': "import { b } from '../adapters/x/b.js';\nexport const a = b;", ...value('adapters/x/b') },
  ],
  [
    'nobody-imports-app',
    { 'adapters/x/a.ts': "import { b } from '../../app/b.js';\nexport const a = b;", ...value('app/b') },
  ],
  [
    'nobody-imports-bench',
    { 'app/a.ts': "import { b } from '../../bench/b.js';\nexport const a = b;", ...value('../bench/b') },
  ],
  [
    'bench-imports',
    { '../bench/a.ts': "import { b } from '../src/domain/b.js';\nexport const a = b;", ...value('domain/b') },
  ],
  ['injection-stays-outside', { 'protocol/a.ts': "import 'reflect-metadata';\nexport const a = 1;" }],
  ['injection-stays-outside', { 'client/a.ts': "import { inject } from 'tsyringe';\nexport const a = inject;" }],
];

function value(name: string): Record<string, string> {
  return { [`${name}.ts`]: 'export const b = 1;' };
}

describe('who imports whom', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'msglite-imports-'));
    for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
      copyFileSync(join(ROOT, name), join(folder, name));
    mkdirSync(join(folder, 'bench'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function cruise(cwd: string): { broken: string[]; modules: number } {
    const program = join(ROOT, 'node_modules/.bin/depcruise');
    const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src', 'bench'];
    const { stdout } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
    const { summary } = JSON.parse(stdout);
    const broken = summary.violations.map((violation: { rule: { name: string } }) => violation.rule.name);
    return { broken, modules: summary.totalCruised };
  }

  for (const [rule, files] of PLANTED) {
    it(`${rule} is found broken: ${Object.keys(files)[0]}`, () => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(folder, 'src', dirname(name)), { recursive: true });
        writeFileSync(join(folder, 'src', name), text);
      }
      expect(cruise(folder).broken).to.include(rule);
    });
  }

  it('every rule has a file that breaks it', () => {
    const { forbidden }: { forbidden: { name: string }[] } = createRequire(ROOT)('./.dependency-cruiser.cjs');
    expect(forbidden.map(({ name }) => name)).to.have.members([...new Set(PLANTED.map(([rule]) => rule))]);
  });

  it('our own modules are seen, and break no rule', () => {
    const { broken, modules } = cruise(ROOT);
    expect(broken).to.deep.equal([]);
    expect(modules).to.be.greaterThan(250);
  });
});
