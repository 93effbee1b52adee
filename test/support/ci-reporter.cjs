const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

/** Reports as `spec` does, and writes the counts to the file that the option `output` names. */
module.exports = class CiReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = this.stats;
      writeFileSync(options.reporterOptions.output, `${passes} ${failures}\n`);
    });
  }
};
