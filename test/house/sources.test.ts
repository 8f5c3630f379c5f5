import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ROOT } from '../support/root.js';

/** What the domain must not reach for: time, chance and the machine come through ports. */
const IMPURE = /Date\.now|new Date|performance\.|setTimeout|setInterval|setImmediate|Math\.random|process\.|['"]node:/;

function sources(folder: string): { name: string; text: string }[] {
  return readdirSync(join(ROOT, folder)).flatMap((entry) => {
    const path = join(folder, entry);
    if (statSync(join(ROOT, path)).isDirectory()) return sources(path);
    return [{ name: relative('.', path), text: readFileSync(join(ROOT, path), 'utf8') }];
  });
}

function namesOf(files: { name: string; text: string }[], wrong: RegExp): string[] {
  return files.filter(({ text }) => wrong.test(text)).map(({ name }) => name);
}

describe('the sources', () => {
  it('the domain has no clock, no chance and no machine of its own', () => {
    expect(namesOf(sources('src/domain'), IMPURE)).to.deep.equal([]);
  });

  it('the container is asked for parts in app alone', () => {
    const outside = sources('src').filter(({ name }) => !name.startsWith('src/app/'));
    expect(outside.length).to.be.greaterThan(30);
    expect(namesOf(outside, /\.resolve(<[^>]*>)?\((?:[A-Z_]+|\w+Server|\w+Proxy)\)/)).to.deep.equal([]);
    expect(namesOf(outside, /\b(container|DependencyContainer)\b.*'tsyringe'/)).to.deep.equal([]);
  });

  it('nothing is a global singleton', () => {
    expect(namesOf(sources('src'), /@singleton|@autoInjectable/)).to.deep.equal([]);
  });

  it('no file holds more than 300 lines', () => {
    // What was measured is nobody's to write.
    const written = [...sources('src'), ...sources('bench')].filter(({ name }) => !name.startsWith('bench/results/'));
    const long = written.filter(({ text }) => text.split('\n').length > 300);
    expect(long.map(({ name }) => name)).to.deep.equal([]);
  });
});
