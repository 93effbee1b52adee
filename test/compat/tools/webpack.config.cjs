const { resolve } = require('node:path');

module.exports = {
  mode: 'production',
  target: 'node',
  entry: { koa: './esm/koa.ts', 'express-5': './esm/express-5.ts' },
  output: { path: resolve('out/webpack'), filename: '[name].cjs' },
  resolve: { extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } },
  module: { rules: [{ test: /\.ts$/, loader: 'ts-loader', options: { transpileOnly: true } }] },
  externalsType: 'commonjs',
  externals: [
    /^(securest|routing-controllers|typedi|reflect-metadata|class-transformer|class-validator)(\/|$)/,
  ],
};
