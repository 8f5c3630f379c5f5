import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { writeDocument } from '../../bench/report/document.js';
import { load, type Report, save } from '../../bench/report/report.js';

const TARGETS = [
  { over: 'redis', atMost: 1.5, aim: 0.5 },
  { over: 'redis', atMost: 1.0, aim: 0.75 },
] as const;

const REPORT: Report = {
  answer: {
    question: 'round-trips-unix',
    asks: 'What?',
    judged: 'cpu',
    contenders: [
      { name: 'msglite', version: '1.2.3', rounds: [{ cpu: 24 }], medians: { cpu: 24 }, ratio: 1 },
      { name: 'redis', version: '7.0', rounds: [{ cpu: 20 }], medians: { cpu: 20 }, ratio: 1.2 },
    ],
    missing: ['floor'],
    verdicts: TARGETS.map((target) => ({ target, value: 1.2, reached: 1.2 <= target.atMost })),
  },
  machine: { date: '2024-01-01', cpu: 'a cpu', cores: 2, memory: 1, system: 'Linux', busy: 0.5 },
  settings: { rounds: 1, seconds: 1, warm: 1, stallSeconds: 600, million: 1_000_000, workers: 2 },
};

describe('docs/performance.md', () => {
  let results: string;
  let docs: string;

  beforeEach(() => {
    results = mkdtempSync(join(tmpdir(), 'msglite-results-'));
    docs = mkdtempSync(join(tmpdir(), 'msglite-docs-'));
  });

  afterEach(() => {
    for (const folder of [results, docs]) rmSync(folder, { recursive: true });
  });

  it('says what is reached and what is not, with a picture and the results', () => {
    save(results, REPORT);
    writeDocument(results, load(results), docs);
    const text = readFileSync(join(docs, 'performance.md'), 'utf8');
    expect(text).to.match(/over redis \| 1\.20 \| ≤ 1\.5 \| ≤ 0\.5 \| reached \|/);
    expect(text).to.match(/over redis \| 1\.20 \| ≤ 1 \| ≤ 0\.75 \| \*\*not reached\*\* \|/);
    expect(text)
      .to.match(/Not installed: floor/)
      .and.match(/Not measured: round-trips-tcp/);
    expect(readdirSync(join(docs, 'performance'))).to.have.members(['round-trips-unix.json', 'round-trips-unix.svg']);
    const svg = readFileSync(join(docs, 'performance', 'round-trips-unix.svg'), 'utf8');
    for (const shown of ['msglite', 'redis', '24.00', '20.00', 'must be ≤']) expect(svg).to.include(`>${shown}<`);
  });

  it('is not written from a quick look, or from nothing', () => {
    expect(() => writeDocument(results, load(results), docs)).to.throw(/no results/);
    save(results, { ...REPORT, settings: { ...REPORT.settings, quick: true } });
    expect(() => writeDocument(results, load(results), docs)).to.throw(/quick look was had at round-trips-unix/);
    expect(readdirSync(docs)).to.deep.equal([]);
  });
});
