/** What an app is told at start of the decorator metadata that a tool has not emitted, or not as it is written. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BUNDLERS, installBuild, start, type Started } from './bundlers';
import { runTool } from './install';

const ROOT = join(__dirname, '../../..');
const TSX = join(ROOT, 'node_modules/tsx/dist/cli.mjs');

const HEAD = `
import 'reflect-metadata';
import http from 'node:http';
import { Body, createKoaServer, Get, JsonController, Param, Post, QueryParam } from 'routing-controllers';
import { Service } from 'typedi';
import { AuthProvider, Public, securest } from 'securest';`;

const SERVE = `
const app = createKoaServer(options) as { callback(): http.RequestListener };
const server = http.createServer(app.callback());
server.listen(0, '127.0.0.1', () => {
  process.stdout.write('port ' + String((server.address() as { port: number }).port) + '\\n');
});`;

/** Its classes ask for nothing, its actions for much. */
const ACTIONS = `${HEAD}
class Note { readonly text!: string; }
@JsonController()
class Notes {
  @Public() @Get('/union') union(@QueryParam('q') q: string | undefined) { return { type: typeof q }; }
  @Public() @Get('/text') text(@QueryParam('q') q?: string) { return { type: typeof q }; }
  @Public() @Get('/meant') meant(@QueryParam('q', { parse: true }) q: object) { return { type: typeof q }; }
  @Public() @Get('/number/:id') number(@Param('id') id: number) { return { type: typeof id }; }
  @Public() @Post('/body') body(@Body() note: Note) { return { isNote: note instanceof Note }; }
}
const options = securest({ controllers: [Notes] });
${SERVE}`;

const INJECTED = `${HEAD}
@Service() class Needed {}
@AuthProvider(1) class Asking { constructor(readonly needed: Needed) {} authenticate() { return null; } }
@JsonController() class Open { @Public() @Get('/open') open() { return {}; } }
const options = securest({ controllers: [Open] });
${SERVE}`;

/** Two files that import each other, in the order in which the service's is read first. */
const CIRCLE = {
  'needed.ts': `import { Service } from 'typedi';
import { Asking } from './asking';
@Service() export class Needed { readonly other = Asking.name; }`,
  'asking.ts': `import { AuthProvider } from 'securest';
import { Needed } from './needed';
@AuthProvider(1) export class Asking { constructor(readonly needed: Needed) {} authenticate() { return null; } }`,
  'main.ts': `${HEAD}
import { Needed } from './needed';
@JsonController() class Open { constructor(readonly needed: Needed) {} @Public() @Get('/open') open() { return {}; } }
const options = securest({ controllers: [Open] });
${SERVE}`,
};

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    module: 'node16',
    strict: true,
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    types: ['node'],
  },
};

describe('An app is told at start of its decorator metadata', function () {
  this.timeout(300_000);
  let folder: string;

  before(async () => {
    folder = await installBuild();
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    writeFileSync(join(folder, 'actions.ts'), ACTIONS);
    writeFileSync(join(folder, 'injected.ts'), INJECTED);
    mkdirSync(join(folder, 'circle'));
    for (const [name, text] of Object.entries(CIRCLE)) writeFileSync(join(folder, 'circle', name), text);
  }).timeout(600_000);

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Compiled by the tool; the file to run. */
  const TOOLS: Readonly<Record<string, (entry: string) => Promise<readonly [string, ...string[]]>>> = {
    async tsc(entry) {
      const outDir = join(folder, 'tsc');
      const files = {
        extends: '../tsconfig.json',
        compilerOptions: { outDir, rootDir: '..' },
        files: [`../${entry}`],
      };
      mkdirSync(outDir, { recursive: true });
      writeFileSync(join(outDir, 'tsconfig.json'), JSON.stringify(files));
      await runTool('tsc', ['-p', outDir], folder);
      return [join(outDir, entry.replace(/\.ts$/, '.js'))];
    },
    async esbuild(entry) {
      const outfile = join(folder, entry.replace(/\.ts$/, '.esbuild.cjs'));
      await BUNDLERS['esbuild']?.({ entry: join(folder, entry), outfile, external: 'all' });
      return [outfile];
    },
    tsx: (entry) => Promise.resolve([TSX, '--tsconfig', join(folder, 'tsconfig.json'), join(folder, entry)]),
  };

  async function started(tool: string, entry: string): Promise<Started> {
    const compile = TOOLS[tool];
    if (compile === undefined) throw new Error(`no tool ${tool}`);
    return start(...(await compile(entry)));
  }

  async function refusal(tool: string, entry: string): Promise<string> {
    const app = await started(tool, entry);
    try {
      expect(app.url).to.equal(undefined);
      return app.errors;
    } finally {
      await app.close();
    }
  }

  it('by tsc: a parameter whose type came out as Object is read as JSON', async () => {
    const app = await started('tsc', 'actions.ts');
    try {
      const ask = async (path: string) => (await fetch(`${app.url ?? ''}${path}`)).text();
      expect(await ask('/text?q=%7B%7D')).to.equal('{"type":"string"}');
      expect(await ask('/number/5')).to.equal('{"type":"number"}');
      // What is said at start: a client chooses the type, and plain text is refused.
      expect(await ask('/union?q=%7B%7D')).to.equal('{"type":"object"}');
      expect(await ask('/union?q=ann')).to.include('ParameterParseJsonError');
      const warnings = app.errors.split('\n').filter((line) => line.startsWith('securest: '));
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(
        /^securest: GET \/union \(Notes\.union\) reads @QueryParam\('q'\) as JSON/,
      );
    } finally {
      await app.close();
    }
  });

  for (const [tool, cure] of [
    ['esbuild', /compile with emitDecoratorMetadata \(tsc or swc; esbuild/],
    [
      'tsx',
      /this process runs under tsx, which emits no decorator metadata: run it with node -r @swc-node\/register/,
    ],
  ] as const) {
    it(`by ${tool}: actions have no types, which one line says with the cure`, async () => {
      const app = await started(tool, 'actions.ts');
      try {
        const reply = await fetch(`${app.url ?? ''}/body`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"text":"x"}',
        });
        expect(await reply.text()).to.equal('{"isNote":false}');
        const warnings = app.errors.split('\n').filter((line) => line.startsWith('securest: '));
        expect(warnings).to.have.length(1);
        expect(warnings[0])
          .to.match(/^securest: GET \/union \(Notes\.union\) was compiled without decorator metadata/)
          .and.to.match(/So are 4 more actions$/)
          .and.to.match(cure);
      } finally {
        await app.close();
      }
    });

    it(`by ${tool}: a constructor that asks for something is refused, with the cure`, async () => {
      const errors = await refusal(tool, 'injected.ts');
      expect(errors).to.match(
        /ConfigurationError: .*Asking has constructor parameters but no design:paramtypes/,
      );
      expect(errors).to.match(cure).and.to.include("code: 'invalid_configuration'");
    });
  }

  it('by tsc: a constructor whose type a circular import left undefined is refused', async () => {
    const errors = await refusal('tsc', 'circle/main.ts');
    expect(errors).to.match(
      /ConfigurationError: @AuthProvider Asking cannot be created: Asking: the type of constructor parameter 1 was undefined/,
    );
    expect(errors)
      .to.include('the two files import each other')
      .and.to.include("code: 'invalid_configuration'");
  });
});
