export default { test: { globals: true, include: ['esm/globals.spec.ts'] } };
