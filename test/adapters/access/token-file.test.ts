import { rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { hashToken, newToken } from '../../../src/adapters/access/token.js';
import { TokenFile } from '../../../src/adapters/access/token-file.js';
import { temporaryFolder } from '../../support/wire.js';

const hash = (token: string) => hashToken(token).toString('hex');

describe('TokenFile', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;

  beforeEach(() => {
    folder = temporaryFolder();
    file = folder.path('tokens');
  });

  afterEach(() => folder.remove());

  const write = (...lines: string[]) => writeFileSync(file, lines.join('\n'));
  const open = (...lines: string[]) => {
    write(...lines);
    return new TokenFile(file, 'tcp');
  };

  it('gives each token its rights', () => {
    const access = open(
      '# who may what',
      '',
      `worker ${hash('w')} receive=jobs.,mail. send=done.  # since spring`,
      `\tall ${hash('a').toUpperCase()} send=* receive=* admin\r`,
      `nothing ${hash('n')}`,
    );
    const worker = access.rights('w');
    expect(worker).to.include({ name: 'worker', admin: false, revoked: false });
    for (const [address, send, receive] of [
      ['jobs.a', false, true],
      ['mail.', false, true],
      ['mail', false, false],
      ['done.x', true, false],
      ['x', false, false],
    ] as const) {
      expect([worker?.maySend(address), worker?.mayReceive(address)], address).to.deep.equal([send, receive]);
    }
    const all = access.rights('a');
    expect([all?.name, all?.admin, all?.maySend('x'), all?.mayReceive('x')]).to.deep.equal(['all', true, true, true]);
    const nothing = access.rights('n');
    expect([nothing?.admin, nothing?.maySend('x'), nothing?.mayReceive('x')]).to.deep.equal([false, false, false]);
    expect(access.rights('')).to.equal(undefined);
    expect(access.rights(hash('w'))).to.equal(undefined);
  });

  it('compares prefixes byte by byte, as addresses are', () => {
    expect(
      open(`u ${hash('u')} send=ü`)
        .rights('u')
        ?.maySend('\xc3\xbc.x'),
    ).to.equal(true);
  });

  it('wants a token on TCP, or everywhere', () => {
    const access = open();
    expect(access.withoutToken('tcp')).to.equal(undefined);
    expect(access.withoutToken('unix')?.admin).to.equal(true);
    expect(new TokenFile(file, 'all').withoutToken('unix')).to.equal(undefined);
  });

  const good = `a ${hash('a')}`;
  for (const [line, expected] of [
    ['name', 'expected NAME SHA256 [send=PREFIX,..] [receive=PREFIX,..] [admin]'],
    ['name abc', 'the second word must be a SHA-256 in 64 hexadecimal digits'],
    [`name ${hash('b')}0`, 'the second word must be a SHA-256 in 64 hexadecimal digits'],
    [`name ${hash('b')} sned=x`, 'expected NAME SHA256 [send=PREFIX,..] [receive=PREFIX,..] [admin], not "sned=x"'],
    [`name ${hash('b')} send`, 'expected NAME SHA256 [send=PREFIX,..] [receive=PREFIX,..] [admin], not "send"'],
    [`name ${hash('b')} admin=1`, 'expected NAME SHA256 [send=PREFIX,..] [receive=PREFIX,..] [admin], not "admin=1"'],
    [`name ${hash('b')} send=`, 'a prefix is empty; * stands for every address'],
    [`name ${hash('b')} send=a,,b`, 'a prefix is empty; * stands for every address'],
    [`name ${hash('b')} send=a send=b`, 'send stands there twice'],
    [`a ${hash('b')}`, 'this name stands in line 1 already'],
    [`b ${hash('a')}`, 'this token stands in line 1 already'],
  ] as const) {
    it(`refuses ${JSON.stringify(line.replace(/[0-9a-f]{64}/, 'HASH'))}, saying where and why`, () => {
      expect(() => open(good, '', line)).to.throw(`${file}:3: ${expected}`);
    });
  }

  it('says when the file can not be read', () => {
    rmSync(folder.path(''), { recursive: true });
    expect(() => new TokenFile(file, 'tcp')).to.throw(/^cannot read the file of tokens .*tokens: ENOENT/);
  });

  describe('read again', () => {
    it('changes the rights of those who are connected', () => {
      const access = open(good, `b ${hash('b')} send=x admin`);
      const [a, b] = [access.rights('a'), access.rights('b')];
      write(`a-new-name ${hash('a')} receive=y`, `c ${hash('c')}`);
      access.reload();
      expect(access.rights('a')).to.equal(a);
      expect([a?.name, a?.mayReceive('y'), a?.revoked]).to.deep.equal(['a-new-name', true, false]);
      expect([b?.revoked, b?.maySend('x'), b?.admin]).to.deep.equal([true, false, false]);
      expect(access.rights('b')).to.equal(undefined);
      expect(access.rights('c')?.name).to.equal('c');
    });

    it('stays as it was where it is wrong', () => {
      const access = open(`a ${hash('a')} send=x`);
      write(`a ${hash('a')}`, 'b');
      expect(() => access.reload()).to.throw(`${file}:2: expected`);
      expect(access.rights('a')?.maySend('x')).to.equal(true);
    });
  });

  it('new tokens are long and never the same', () => {
    const tokens = new Set(Array.from({ length: 1000 }, newToken));
    expect(tokens.size).to.equal(1000);
    for (const token of tokens) expect(token).to.match(/^[0-9a-f]{48}$/);
  });
});
