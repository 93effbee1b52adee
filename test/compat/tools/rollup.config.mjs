import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import typescript from '@rollup/plugin-typescript';

export default {
  input: ['esm/koa.ts', 'esm/express-5.ts'],
  external: [
    /^node:/,
    /^(securest|routing-controllers|typedi|reflect-metadata|class-transformer|class-validator)(\/|$)/,
  ],
  plugins: [
    typescript({
      tsconfig: 'tsconfig.bundler.json',
      compilerOptions: { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true },
    }),
    nodeResolve(),
    commonjs(),
    json(),
  ],
  output: { dir: 'out/rollup', format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
};
