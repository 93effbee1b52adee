const UNDER_TSX = /(?:^|[\\/=])tsx(?:[\\/]|$)/;

/**
 * The remedy if the compiler has emitted no decorator metadata.
 * @param execArgv the options of Node itself, which show whether tsx runs
 */
export function metadataCure(execArgv: readonly string[] = process.execArgv): string {
  if (execArgv.some((option) => UNDER_TSX.test(option))) {
    return 'this process runs under tsx, which emits no decorator metadata: run it with node -r @swc-node/register, or compile with tsc or swc';
  }
  return 'compile with emitDecoratorMetadata (tsc or swc; esbuild, tsx and type stripping emit no metadata)';
}
