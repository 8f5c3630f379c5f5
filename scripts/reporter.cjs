// Mocha's spec reporter, which also leaves the counts for test.mjs, where they are to be the last thing printed.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.TEST_COUNTS;
      if (file !== undefined) writeFileSync(file, JSON.stringify({ passes, failures, pending }));
    });
  }
};
