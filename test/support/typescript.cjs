/**
 * Has Node run the sources. A thread reads them by swc alone: what the process itself needs loads the TypeScript
 * compiler, which would take each thread of a pool two thirds of a second.
 */
const { readFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  require('@swc-node/register');
  leaveUnmapped();
} else {
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

/**
 * The HttpError of routing-controllers reads the stack of an error without a text each time that it is made. To find
 * the lines of the sources for it takes a third of a refused request; errors with a text keep them.
 */
function leaveUnmapped() {
  const map = Error.prepareStackTrace;
  if (map === undefined) throw new Error('@swc-node/register maps no stacks: this function is needless');
  Error.prepareStackTrace = (error, trace) =>
    error.constructor === Error && error.message === ''
      ? [String(error), ...trace].join('\n    at ')
      : map(error, trace);
}
