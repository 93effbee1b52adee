import { expect } from 'chai';
import { All, Authorized, Delete, Get, JsonController, Post } from 'routing-controllers';
import { ConfigurationError } from '../../../src';
import { documentOf, expectValid, operationsIn } from '../../support/openapi';
import { reset } from '../../support/reset';

const ok = { description: 'A note' };

describe('securityDocument with a base', () => {
  beforeEach(reset);

  function notes() {
    @Authorized('editor')
    @JsonController('/notes')
    class Notes {
      @Get('/:id') get() {}
      @Delete('/:note') remove() {}
      @Get('/:id/parts/:part?') part() {}
      @All('/:id/any') any() {}
    }
    return Notes;
  }

  it('completes its operations, and what it says of parameters, bodies and replies stands', async () => {
    const base = {
      openapi: '3.0.3',
      info: { title: 'Notes', version: '2.0.0', description: 'All of them' },
      servers: [{ url: 'https://notes.example' }],
      security: [{ own: [] }],
      tags: [{ name: 'Notes' }],
      'x-own': 1,
      paths: {
        '/notes/{id}': {
          summary: 'A note',
          get: {
            operationId: 'getNote',
            tags: ['Own'],
            security: [],
            parameters: [
              { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
              { name: 'full', in: 'query', schema: { type: 'boolean' } },
            ],
            responses: { 200: ok, 403: { description: 'Not yours' } },
          },
        },
      },
      components: {
        schemas: { Note: { type: 'object' } },
        securitySchemes: { own: { type: 'http', scheme: 'digest' } },
      },
    };
    const before = structuredClone(base);
    const { document, dropped } = documentOf([notes()], {}, { base });
    expect(base).to.deep.equal(before);
    expect(document.paths['/notes/{id}']!['get']).to.deep.equal({
      operationId: 'getNote',
      tags: ['Own'],
      security: [{ basic: [] }],
      parameters: base.paths['/notes/{id}'].get.parameters,
      responses: {
        200: ok,
        400: { $ref: '#/components/responses/MalformedCredentials' },
        401: { $ref: '#/components/responses/UnauthorizedUser' },
        403: { description: 'Not yours' },
        429: { $ref: '#/components/responses/TooManyAttempts' },
        503: { $ref: '#/components/responses/AuthenticationUnavailable' },
      },
    });
    expect(document.paths['/notes/{id}']!['summary']).to.equal('A note');
    expect(document).to.deep.include({
      openapi: '3.1.1',
      info: base.info,
      servers: base.servers,
      tags: base.tags,
      'x-own': 1,
    });
    expect(document).to.not.have.property('security');
    expect(document.components['schemas']).to.have.all.keys('Note', 'SecurityError');
    expect(document.components['securitySchemes']).to.have.all.keys('own', 'basic');
    expect(dropped).to.deep.equal([]);
    await expectValid(document);
  });

  it('opens no operation, also where no scheme says how it is guarded', () => {
    class Body {
      readonly credential = 'body';
      authenticate() {
        return null;
      }
    }
    const base = {
      openapi: '3.0.0',
      paths: { '/notes/{id}': { get: { security: [], responses: { 200: ok } } } },
    };
    const { document } = documentOf([notes()], { providers: [Body] }, { base });
    expect(document.paths['/notes/{id}']!['get']).to.not.have.property('security');
  });

  it('is completed once more to the same document', () => {
    const more = { describeAccess: true };
    const first = documentOf([notes()], {}, more).document;
    reset();
    expect(documentOf([notes()], {}, { ...more, base: first }).document).to.deep.equal(first);
  });

  it('gives way to info and servers that are stated', () => {
    const stated = { info: { title: 'T', version: '9' }, servers: [{ url: '/v9' }] };
    const base = { openapi: '3.1.0', info: { title: 'B', version: '1' }, servers: [{ url: '/' }] };
    expect(documentOf([], {}, { base, ...stated }).document).to.deep.include(stated);
  });

  it('gets the realm for a title that is empty', () => {
    const base = { openapi: '3.0.0', info: { title: '', version: '1.0.0' }, paths: {} };
    const { info } = documentOf([], { realm: 'notes' }, { base }).document;
    expect(info).to.deep.equal({ title: 'notes', version: '1.0.0' });
  });

  it('is looked through under each name of a parameter, which becomes that of the document', async () => {
    const parameter = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'integer' } });
    const base = {
      openapi: '3.0.0',
      info: { title: 'x', version: '1' },
      paths: {
        '/notes/{id}/': { get: { parameters: [parameter('id')], responses: { 200: ok } } },
        '/notes/{note}': {
          parameters: [{ $ref: '#/components/parameters/note' }],
          delete: { responses: { 204: ok } },
        },
      },
      components: { parameters: { note: parameter('note') } },
    };
    const { document, dropped } = documentOf([notes()], {}, { base });
    expect(Object.keys(document.paths)).to.include('/notes/{id}').and.not.include('/notes/{note}');
    for (const method of ['get', 'delete']) {
      expect(document.paths['/notes/{id}']![method]!.parameters, method).to.deep.equal([parameter('id')]);
    }
    expect(document.paths['/notes/{id}']!['delete']!.responses['204']).to.deep.equal(ok);
    expect(dropped).to.deep.equal([]);
    await expectValid(document);
  });

  it('has an optional part of a path mended, and an operation of @All for each method', async () => {
    const path = (name: string, required: boolean) => ({
      name,
      in: 'path',
      required,
      schema: { type: 'string' },
    });
    const base = {
      openapi: '3.0.0',
      info: { title: 'x', version: '1' },
      paths: {
        '/notes/{id}/parts/{part}': {
          get: {
            operationId: 'part',
            parameters: [path('id', true), path('part', false), { name: 'q', in: 'query', schema: {} }],
            responses: { 200: ok },
          },
        },
        '/notes/{id}/any': { all: { operationId: 'any', responses: { 200: ok } } },
      },
    };
    const { document, dropped } = documentOf([notes()], {}, { base });
    const parametersAt = (at: string) =>
      document.paths[at]!['get']!.parameters!.map(({ name, required }) => [name, required]);
    expect(parametersAt('/notes/{id}/parts')).to.deep.equal([
      ['id', true],
      ['q', undefined],
    ]);
    expect(parametersAt('/notes/{id}/parts/{part}')).to.deep.equal([
      ['id', true],
      ['part', true],
      ['q', undefined],
    ]);
    const any = Object.entries(document.paths['/notes/{id}/any']!);
    expect(any.map(([method]) => method))
      .to.have.length(7)
      .and.not.include('all')
      .and.not.include('trace');
    for (const [method, { responses }] of any) expect(responses['200'], method).to.deep.equal(ok);
    const ids = any.map(([, { operationId }]) => operationId);
    expect(new Set([...ids, 'part']).size).to.equal(8);
    expect(dropped).to.deep.equal([]);
    await expectValid(document);
  });

  it('loses what the app does not serve, and is told of it', () => {
    const responses = { 200: ok };
    const base = {
      openapi: '3.0.0',
      paths: {
        '/notes/{id}': { get: { responses }, post: { responses } },
        '/old': { get: { responses }, all: { responses }, summary: 'x' },
        'no/slash': { put: { responses } },
        '/nothing': null,
      },
    };
    const { document, dropped } = documentOf([notes()], {}, { base });
    expect(dropped).to.deep.equal(['POST /notes/{id}', 'GET /old', 'ALL /old', 'PUT /no/slash']);
    expect(Object.keys(document.paths)).to.not.include('/old');
  });

  it('may have the names of own components for nothing else', () => {
    for (const [components, name] of [
      [{ schemas: { SecurityError: { type: 'string' } } }, 'SecurityError'],
      [{ responses: { UnauthorizedUser: { description: 'x' } } }, 'UnauthorizedUser'],
      [{ securitySchemes: { basic: { type: 'http', scheme: 'digest' } } }, 'basic'],
    ] as const) {
      reset();
      const base = { openapi: '3.0.0', components };
      expect(() => documentOf([notes()], {}, { base }), name).to.throw(ConfigurationError, name);
    }
  });

  it('is taken with members of other types than they should have', () => {
    const odd = { get: { parameters: [null, 1, { in: 'path' }, 'x'], responses: 'none', operationId: 7 } };
    const base = { openapi: '3.1.0', info: 'x', paths: { '/notes/{id}': odd, '/x': [] }, components: {} };
    const { document } = documentOf([notes()], {}, { base });
    expect(operationsIn(document)).to.include('get /notes/{id}');
    expect(document.paths['/notes/{id}']!['get']!.responses).to.include.keys('2XX', '401');
  });

  it('changes nothing beside the document by names of Object.prototype', () => {
    @JsonController()
    class Odd {
      @Get('/__proto__/:constructor') get() {}
      @Post('/x') post() {}
    }
    const base = JSON.parse(
      '{"openapi":"3.0.0","__proto__":{"polluted":1},"paths":{"/x":{"post":{"__proto__":{"polluted":1}}}},' +
        '"components":{"schemas":{"__proto__":{"polluted":1}}}}',
    ) as object;
    const { document } = documentOf([Odd], {}, { base });
    expect(operationsIn(document)).to.have.members(['get /__proto__/{constructor}', 'post /x']);
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    expect((document as unknown as Record<string, unknown>)['polluted']).to.equal(undefined);
  });
});
