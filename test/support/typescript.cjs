/**
 * Has Node run the sources. A thread reads them by swc alone: what the process itself needs loads the TypeScript
 * compiler, which would take each thread of a pool two thirds of a second.
 */
const { readFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

if (isMainThread) require('@swc-node/register');
else {
  require.extensions['.ts'] = (module, filename) => {
    // Loaded late: most threads of a test run JavaScript.
    const { transformSync } = require('@swc/core');
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      filename,
      swcrc: false,
      module: { type: 'commonjs', ignoreDynamic: true },
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    });
    module._compile(code, filename);
  };
}
