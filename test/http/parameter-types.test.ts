/** Parameters whose types the compiler did not tell as they are written: what the host does, and what is said of it. */
import { expect } from 'chai';
import {
  Authorized,
  Body,
  BodyParam,
  CookieParam,
  CurrentUser,
  Get,
  HeaderParam,
  JsonController,
  Param,
  Post,
  QueryParam,
  QueryParams,
} from 'routing-controllers';
import { securityReport, type User } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { secured, SecuredServer } from '../support/secured-server';

interface Shape {
  readonly size: number;
}

/** As if a tool without decorator metadata had compiled it. */
function withoutTypes(cls: { readonly prototype: object }, ...methods: string[]): void {
  for (const method of methods) Reflect.deleteMetadata('design:paramtypes', cls.prototype, method);
}

/** As a circular import leaves the type of the first parameter. */
function withUndefinedType(cls: { readonly prototype: object }, method: string): void {
  Reflect.defineMetadata('design:paramtypes', [undefined], cls.prototype, method);
}

for (const driver of DRIVERS) {
  describe(`Types of parameters on ${driver.name}`, () => {
    beforeEach(reset);

    it('as Object have text read as JSON: each such parameter is named', async () => {
      @Authorized()
      @JsonController()
      class Notes {
        @Get('/query') query(@QueryParam('q') q: string | undefined) {
          return { type: typeof q };
        }
        @Get('/header') header(@HeaderParam('X-Filter') filter: Shape) {
          return { type: typeof filter };
        }
        @Get('/cookie') cookie(@CookieParam('c') c: string | null) {
          return { type: typeof c };
        }
        @Post('/body') body(@BodyParam('name') name: string | undefined) {
          return { type: typeof name };
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Notes] });
      expect(await app.json('/query?q=%7B%22%24ne%22%3A1%7D', 'user')).to.deep.equal({ type: 'object' });
      expect(await app.json('/query?q=7', 'user')).to.deep.equal({ type: 'number' });
      expect(await app.status('/query?q=ann', 'user')).to.equal(400);
      expect(app.warnings.map((line) => line.replace(/ as JSON, .*/, ''))).to.deep.equal([
        "warn securest: GET /query (Notes.query) reads @QueryParam('q')",
        "warn securest: GET /header (Notes.header) reads @HeaderParam('X-Filter')",
        "warn securest: GET /cookie (Notes.cookie) reads @CookieParam('c')",
        "warn securest: POST /body (Notes.body) reads @BodyParam('name')",
      ]);
    });

    it('that are classes, given by hand, meant as JSON or no text of a client need no word', async () => {
      class Filter {
        size?: number;
      }
      @Authorized()
      @JsonController()
      class Notes {
        @Get('/text') text(@QueryParam('q') q?: string) {
          return { type: typeof q };
        }
        @Get('/given') given(@QueryParam('q', { type: String }) q: string | undefined) {
          return { type: typeof q };
        }
        @Get('/meant') meant(@QueryParam('q', { parse: true }) q: Shape) {
          return { type: typeof q };
        }
        @Get('/param/:q') param(@Param('q') q: string | undefined) {
          return { type: typeof q };
        }
        @Get('/class') filtered(@QueryParams() filter: Filter) {
          return { type: typeof filter };
        }
        @Post('/body') body(@Body() body: unknown, @CurrentUser() user: User | undefined) {
          return { type: typeof body, user };
        }
      }
      await using app = await SecuredServer.start(driver, { controllers: [Notes] });
      for (const path of ['/text', '/given']) {
        expect(await app.json(`${path}?q=%7B%7D`, 'user'), path).to.deep.equal({ type: 'string' });
      }
      expect(await app.json('/param/%7B%7D', 'user')).to.deep.equal({ type: 'string' });
      expect(await app.json('/meant?q=%7B%7D', 'user')).to.deep.equal({ type: 'object' });
      expect(app.warnings).to.deep.equal([]);
    });

    it('that are missing are said once, with how many actions miss them', async () => {
      @Authorized()
      @JsonController()
      class Notes {
        @Get('/number/:id') number(@Param('id') id: number) {
          return { type: typeof id };
        }
        @Get('/query') query(@QueryParam('q') q: string) {
          return { type: typeof q };
        }
        @Get('/user') user(@CurrentUser() user: User) {
          return { type: typeof user };
        }
      }
      withoutTypes(Notes, 'number', 'query', 'user');
      await using app = await SecuredServer.start(driver, { controllers: [Notes] });
      expect(await app.json('/number/7', 'user')).to.deep.equal({ type: 'string' });
      expect(app.warnings).to.have.length(1);
      expect(app.warnings[0]).to.match(
        /^warn securest: GET \/number\/:id \(Notes\.number\) was compiled without decorator metadata.* So is 1 more action$/,
      );
    });

    it('that a circular import left undefined are neither converted nor validated: it is said of each', async () => {
      class Note {
        text?: string;
      }
      @Authorized()
      @JsonController()
      class Notes {
        @Post('/a') a(@Body() note: Note) {
          return { isNote: note instanceof Note };
        }
      }
      withUndefinedType(Notes, 'a');
      await using app = await SecuredServer.start(driver, { controllers: [Notes] });
      expect(app.warnings).to.have.length(1);
      expect(app.warnings[0]).to.match(
        /^warn securest: POST \/a \(Notes\.a\) neither converts nor validates @Body\(\)/,
      );
    });
  });
}

describe('The report', () => {
  beforeEach(reset);

  it('has the types of parameters among its warnings, by codes', async () => {
    @Authorized()
    @JsonController()
    class Notes {
      @Get('/a') a(@QueryParam('q') q: string | undefined) {
        return { q };
      }
      @Get('/b') b(@QueryParam('q') q: string) {
        return { q };
      }
      @Get('/c') c(@QueryParam('q') q: string) {
        return { q };
      }
      @Get('/d') d(@CurrentUser() name: string) {
        return { name };
      }
      @Get('/e') e(@CurrentUser() user: User) {
        return { user };
      }
    }
    withoutTypes(Notes, 'b');
    withUndefinedType(Notes, 'c');
    const { warnings } = await securityReport(secured({ controllers: [Notes] }));
    expect(warnings.map(({ code, action }) => [code, action])).to.deep.equal([
      ['parameter_read_as_json', 'Notes.a'],
      ['parameters_without_types', 'Notes.b'],
      ['parameter_without_type', 'Notes.c'],
      ['user_as_plain_value', 'Notes.d'],
    ]);
    expect(warnings.at(-1)?.message).to.match(
      /^GET \/d \(Notes\.d\) takes @CurrentUser\(\) for a string, but .*user\.username/,
    );
  });
});
