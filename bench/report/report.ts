import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from '../answer.js';
import type { Machine } from '../machine/machine.js';
import type { Settings } from '../question.js';
import { table } from './table.js';

/** An answer, and what it was found with. */
export interface Report {
  readonly answer: Answer;
  readonly machine: Machine;
  readonly settings: Settings;
}

/** Writes it as JSON and as text, over an older one. */
export function save(folder: string, report: Report): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, report.answer.question);
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${path}.txt`, table(report));
}

/** @returns all that are saved in a folder, by question */
export function load(folder: string): ReadonlyMap<string, Report> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const reports = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Report);
  return new Map(reports.map((report) => [report.answer.question, report]));
}
