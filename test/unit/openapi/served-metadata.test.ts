import { IsOptional, IsString, MaxLength } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { expect } from 'chai';
import {
  All,
  Authorized,
  Body,
  CurrentUser,
  Get,
  getMetadataArgsStorage,
  HttpCode,
  JsonController,
  Param,
  Post,
  QueryParam,
} from 'routing-controllers';
import { OpenAPI, routingControllersToSpec } from 'routing-controllers-openapi';
import { jwksController, Public, TokenService } from '../../../src';
import { servedMetadata } from '../../../src/openapi';
import { documented, expectValid, operationsIn, secured } from '../../support/openapi';
import { reset } from '../../support/reset';

class NoteText {
  @IsString() @MaxLength(1000) text!: string;
  @IsOptional() @IsString() title?: string;
}

describe('servedMetadata', () => {
  beforeEach(reset);

  function app() {
    class Base {
      @OpenAPI({ summary: 'One of them' })
      @Authorized('editor')
      @HttpCode(202)
      @Get('/:id')
      get(@Param('id') _id: string, @CurrentUser() _user: object) {}
    }
    @JsonController('/notes')
    class Notes extends Base {
      @Public() @Get('/:id/parts/:part?') part(@Param('part') _part: string, @QueryParam('n') _n: number) {}
      @Authorized() @Post('/') add(@Body({ required: true }) _body: NoteText) {}
      @All('/any') any() {}
      @Get('/files/*') files() {}
      @Get(/expression/) expression() {}
      @Get('/any') hidden() {}
    }
    @JsonController('/unused')
    class Unused {
      @Get('/') get() {}
    }
    expect(getMetadataArgsStorage().controllers.map(({ target }) => target)).to.include(Unused);
    return secured([Notes], {}, { routePrefix: '/api' });
  }

  it('has what the app serves, and changes nothing of what is registered', () => {
    const options = app();
    const registered = getMetadataArgsStorage();
    const before = { ...registered, actions: [...registered.actions], params: [...registered.params] };
    const served = servedMetadata(options);
    expect({ ...getMetadataArgsStorage() }).to.deep.equal(before);
    expect(served).to.be.instanceOf(getMetadataArgsStorage().constructor).and.not.equal(registered);
    expect(served.controllers.map(({ target }) => target.name)).to.deep.equal(['Notes']);
    // What of its base an inherited action loses is not stated.
    const inherited = served.params.filter(({ method }) => method === 'get');
    expect(inherited.map(({ type }) => type)).to.deep.equal(['current-user']);
    expect([...new Set(served.actions.map(({ method }) => method))]).to.have.members([
      'part',
      'add',
      'any',
      'get',
    ]);
    expect(served.actions.filter(({ method }) => method === 'any').map(({ type }) => type)).to.have.members([
      ...['get', 'put', 'post', 'delete', 'options', 'head', 'patch'],
    ]);
  });

  it('feeds routing-controllers-openapi, whose document is completed', async () => {
    const options = app();
    // Classes of other tests in the process have schemas as well.
    const { NoteText: schema } = validationMetadatasToSchemas({ refPointerPrefix: '#/components/schemas/' });
    const schemas = { NoteText: schema! };
    const base = routingControllersToSpec(servedMetadata(options), options, {
      components: { schemas },
    });
    const { document, unlisted, dropped } = documented(options, { base });
    await expectValid(document);
    expect(dropped).to.deep.equal([]);
    expect(unlisted).to.deep.equal([
      'GET /api/notes/files/* (Notes.files)',
      unlisted.find((line) => line.endsWith('(Notes.expression)')),
    ]);
    expect(operationsIn(document)).to.include.members([
      'get /api/notes/{id}',
      'get /api/notes/{id}/parts',
      'get /api/notes/{id}/parts/{part}',
      'post /api/notes',
      'patch /api/notes/any',
    ]);
    const inherited = document.paths['/api/notes/{id}']!['get']!;
    expect(inherited).to.deep.include({ summary: 'One of them', operationId: 'Notes.get' });
    expect(inherited.responses).to.include.keys('202', '403');
    const post = document.paths['/api/notes']!['post']! as unknown as Record<string, unknown>;
    expect(post['requestBody']).to.deep.include({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/NoteText' } } },
    });
    expect(document.components['schemas']).to.have.all.keys('NoteText', 'SecurityError');
  });

  it('leaves out what is served at the root beside a prefix', () => {
    class Tokens extends TokenService {
      constructor() {
        super({ secret: 'x'.repeat(48), issuer: 'a', audience: 'a', ttlSeconds: 60 });
      }
    }
    const keys = jwksController({ tokens: Tokens });
    expect(servedMetadata(secured([keys], {}, { routePrefix: '/api' })).actions).to.deep.equal([]);
    expect(servedMetadata(secured([keys])).actions).to.have.length(1);
  });
});
