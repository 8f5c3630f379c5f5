import type { Report } from './report.js';

/** Writes docs/performance.md. */
export function writeDocument(reports: ReadonlyMap<string, Report>): void {
  process.stdout.write(`${reports.size}\n`);
}
