const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

/**
 * Reports as `spec` does. Writes to the file that the option `output` names how many tests passed and how many
 * failed, then each file in which one failed, a line each.
 */
module.exports = class CiReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const files = new Set();
    runner.on(Runner.constants.EVENT_TEST_FAIL, ({ file }) => files.add(file ?? 'an unknown file'));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = this.stats;
      writeFileSync(options.reporterOptions.output, `${[`${passes} ${failures}`, ...files].join('\n')}\n`);
    });
  }
};
