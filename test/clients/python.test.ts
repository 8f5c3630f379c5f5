import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'mocha';
import { itWhere } from '../faults/scratch.js';
import { ROOT } from '../support/root.js';
import { findPython } from './interpreters.js';
import { run } from './run.js';

const FOLDER = join(ROOT, 'clients/python');
const PYTHON = findPython();

/** The client's own tests, which start brokers and proxies of their own. By hand: see clients/python/README.md. */
describe('The Python client and wrapper', function () {
  this.timeout(180_000);

  for (const file of readdirSync(join(FOLDER, 'tests')).sort()) {
    const module = /^(test_\w+)\.py$/.exec(file)?.[1];
    if (module === undefined) continue;
    itWhere(PYTHON !== undefined, 'Python 3.9', module, async () => {
      const env = { PYTHONPATH: join(FOLDER, 'src'), PYTHONDONTWRITEBYTECODE: '1' };
      await run(PYTHON ?? 'python3', ['-W', 'error', '-m', 'unittest', `tests.${module}`], { cwd: FOLDER, env });
    });
  }
});
