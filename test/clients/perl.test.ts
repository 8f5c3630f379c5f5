import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'mocha';
import { itWhere } from '../faults/scratch.js';
import { ROOT } from '../support/root.js';
import { firstThatRuns } from './interpreters.js';
import { run } from './run.js';

const FOLDER = join(ROOT, 'clients/perl');

/** Debian's own comes first: it is the one that the Debian packages are for. */
const PERLS = ['/usr/bin/perl', 'perl'];

/** What a test needs beside Perl: modules, and the Debian packages that have them. */
const NEEDS: Readonly<Record<string, readonly [modules: string, packages: string]>> = {
  'plack.t': ['-MPlack -MTest::TCP -MFile::ShareDir', 'libplack-perl libtest-tcp-perl libfile-sharedir-perl'],
  'http.t': ['-MPlack', 'libplack-perl'],
  'workers.t': ['-MPlack', 'libplack-perl'],
  'frameworks.t': ['-MPlack -MMojolicious -MDancer2', 'libplack-perl libmojolicious-perl libdancer2-perl'],
};

/** The client's own tests, which start brokers and proxies of their own. By hand: see clients/perl/README.md. */
describe('The Perl client and server', function () {
  this.timeout(180_000);

  for (const file of readdirSync(join(FOLDER, 't')).sort()) {
    if (!file.endsWith('.t')) continue;
    const [modules, packages] = NEEDS[file] ?? ['', 'perl'];
    const perl = firstThatRuns(PERLS, ['-M5.026', ...modules.split(' ').filter(Boolean), '-e', '1']);
    itWhere(perl !== undefined, `Perl 5.26 (${packages})`, file, async () => {
      await run(perl ?? 'perl', ['-I', 'lib', join('t', file)], { cwd: FOLDER });
    });
  }
});
