import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'mocha';
import { itWhere } from '../faults/scratch.js';
import { ROOT } from '../support/root.js';
import { findRuby } from './interpreters.js';
import { run } from './run.js';

const FOLDER = join(ROOT, 'clients/ruby');

/** What a test needs beside the client itself, as `require` takes it. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  http_test: ['rack'],
  suite_test: ['rack'],
  worker_test: ['rack'],
  threads_test: ['rack'],
  sinatra_test: ['rack', 'sinatra/base', 'puma'],
};

/** The client's own tests, which start brokers and proxies of their own. By hand: see clients/ruby/README.md. */
describe('The Ruby client and wrapper', function () {
  this.timeout(180_000);

  for (const file of readdirSync(join(FOLDER, 'test')).sort()) {
    const name = /^(\w+_test)\.rb$/.exec(file)?.[1];
    if (name === undefined) continue;
    const libraries = ['minitest', ...(NEEDS[name] ?? [])];
    const ruby = findRuby(libraries);
    itWhere(ruby !== undefined, `Ruby 3.0 with ${libraries.join(', ')}`, name, async () => {
      await run(ruby ?? 'ruby', ['-w', join('test', file)], { cwd: FOLDER });
    });
  }
});
