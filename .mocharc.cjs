const { join } = require('node:path');

module.exports = {
  // By its whole path: a thread that starts while a test is in another folder is to find it too.
  'node-option': [`require=${join(__dirname, 'test/support/typescript.cjs')}`],
  require: ['reflect-metadata', './test/support/unhandled.ts', './test/support/forget-hashes.ts'],
  extension: ['ts'],
  timeout: 120000,
};
