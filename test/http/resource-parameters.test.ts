import { IsDate, IsInt, IsString } from 'class-validator';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { expect } from 'chai';
import {
  Authorized,
  Delete,
  Get,
  getMetadataArgsStorage,
  JsonController,
  Param,
  Params,
} from 'routing-controllers';
import { anyOf, type Constructor, ConfigurationError, type OwnerOptions, ownerOf, Resource } from '../../src';
import { DRIVERS } from '../support/drivers';
import { reset } from '../support/reset';
import { QUIET, SecuredServer } from '../support/secured-server';

interface Owned {
  readonly id: string;
  readonly owner: string;
}

const OWNERS: Readonly<Record<string, string>> = {
  '5': 'user',
  '50': 'staff',
  '9007199254740992': 'user',
  '9007199254740993': 'staff',
  Infinity: 'user',
  '0': 'user',
  '-0': 'staff',
  '0x5': 'staff',
  NaN: 'user',
  abc: 'user',
  ABC: 'user',
  '0x7': 'user',
};

/** Remembers under which ids it was asked. */
class Things {
  static asked: string[] = [];
  get(id: string): Owned | null {
    Things.asked.push(id);
    const owner = Object.hasOwn(OWNERS, id) ? OWNERS[id] : undefined;
    return owner === undefined ? null : { id, owner };
  }
}

const ran: unknown[] = [];

for (const driver of DRIVERS) {
  describe(`The resource of a route parameter on ${driver.name}`, () => {
    beforeEach(() => {
      reset();
      Things.asked = [];
      ran.length = 0;
    });

    const start = (...controllers: Constructor<object>[]) =>
      SecuredServer.start(driver, { controllers }, QUIET);

    function byNumber(options: OwnerOptions<Owned> = {}) {
      @JsonController('/things')
      class ThingsController {
        @Authorized(ownerOf(Things, 'id', options)) @Delete('/:id') remove(@Param('id') id: number) {
          ran.push(id);
          return { removed: String(id) };
        }
        @Authorized(anyOf(ownerOf(Things, 'id'), 'editor')) @Get('/:id') get(
          @Param('id') id: number,
          @Resource(Things, 'id') thing?: Owned,
        ) {
          ran.push(id);
          return { id: String(id), thing: thing?.id };
        }
      }
      return ThingsController;
    }

    for (const [id, value] of Object.entries({
      '5': 5,
      '05': 5,
      '0x5': 5,
      '0b101': 5,
      '5.0': 5,
      '50e-1': 5,
      '+5': 5,
      '%205': 5,
      '%0A5%0D': 5,
      '-0': -0,
      '9007199254740993': 9007199254740992,
      '1e400': Infinity,
    })) {
      it(`is that of the number ${String(value)} for ${id}`, async () => {
        await using server = await start(byNumber());
        expect(await server.status(`/things/${id}`, 'user', 'DELETE')).to.equal(200);
        expect(ran).to.deep.equal([value]);
        expect(await server.status(`/things/${id}`, 'staff', 'DELETE')).to.equal(403);
        expect(Things.asked).to.deep.equal([String(value), String(value)]);
        expect(ran).to.have.length(1);
        expect(await server.json(`/things/${id}`, 'user')).to.deep.equal({
          id: String(value),
          thing: String(value),
        });
      });
    }

    for (const whenMissing of ['deny', 'run'] as const) {
      it(`is refused, and no action runs, where the text is no number, with whenMissing: '${whenMissing}'`, async () => {
        await using server = await start(byNumber({ whenMissing, owner: ({ owner }) => owner.trim() }));
        for (const id of ['abc', 'NaN', '5x', '5,0', '0x', '%3A', 'undefined', '--5']) {
          expect(await server.status(`/things/${id}`, 'user', 'DELETE'), id).to.equal(403);
          expect(await server.status(`/things/${id}`, 'editor'), id).to.equal(400);
        }
        expect(Things.asked).to.deep.equal([]);
        expect(ran).to.deep.equal([]);
      });
    }

    it('is that of the text where the action takes a string', async () => {
      class ById {
        @IsString() id!: string;
      }
      class Undecorated {
        id!: string;
      }
      @JsonController()
      class ThingsController {
        @Authorized(ownerOf(Things, 'id')) @Get('/text/:id') text(@Param('id') id: string) {
          return { id };
        }
        @Authorized(ownerOf(Things, 'id')) @Get('/whole/:id') whole(@Params() { id }: ById) {
          return { id };
        }
        @Authorized(ownerOf(Things, 'id')) @Get('/plain/:id') plain(@Params() { id }: Undecorated) {
          return { id };
        }
        @Authorized(ownerOf(Things, 'id')) @Get('/record/:id') record(
          @Params() params: Record<string, string>,
        ) {
          return { id: params['id'] };
        }
        @Authorized(ownerOf(Things, 'id')) @Get('/twice/:id') twice(
          @Param('id') id: string,
          @Param('id') _again: string,
        ) {
          return { id };
        }
        @Authorized(ownerOf(Things, 'id')) @Get('/other/:id/:ID/:n') other(
          @Param('id') id: string,
          @Param('ID') _other: boolean,
          @Param('n') _n: number,
        ) {
          return { id };
        }
      }
      await using server = await start(ThingsController);
      for (const [before, after] of [
        ['/text/', ''],
        ['/whole/', ''],
        ['/plain/', ''],
        ['/record/', ''],
        ['/twice/', ''],
        ['/other/', '/1/50'],
      ] as const) {
        expect(await server.json(`${before}5${after}`, 'user')).to.deep.equal({ id: '5' });
        expect(await server.status(`${before}0x5${after}`, 'user')).to.equal(403);
        expect(await server.json(`${before}0x5${after}`, 'staff')).to.deep.equal({ id: '0x5' });
      }
    });

    it('is that of the text where the compiler emits no types', async () => {
      class Untyped {
        remove(id: unknown) {
          return { id };
        }
      }
      JsonController('/things')(Untyped);
      Delete('/:id')(Untyped.prototype, 'remove');
      Param('id')(Untyped.prototype, 'remove', 0);
      Authorized(ownerOf(Things, 'id') as never)(Untyped.prototype, 'remove');
      await using server = await start(Untyped);
      expect(await server.status('/things/5', 'user', 'DELETE')).to.equal(200);
      expect(await server.status('/things/0x5', 'user', 'DELETE')).to.equal(403);
      expect(await server.status('/things/0x5', 'staff', 'DELETE')).to.equal(200);
    });

    it('is that of the number for @Resource() on an open action', async () => {
      @JsonController('/open')
      class Open {
        @Get('/:id') get(@Param('id') id: number, @Resource(Things, 'id') thing?: Owned) {
          return { id, thing: thing?.id ?? null };
        }
      }
      await using server = await start(Open);
      expect(await server.json('/open/0x32')).to.deep.equal({ id: 50, thing: '50' });
      expect(await server.json('/open/51.0')).to.deep.equal({ id: 51, thing: null });
      expect(await server.status('/open/abc')).to.be.oneOf([400, 403]);
      expect(Things.asked).to.deep.equal(['50', '51']);
    });

    it('is that of the number where the base class declares it', async () => {
      class Base {
        @Authorized(ownerOf(Things, 'id')) @Delete('/:id') remove(@Param('id') id: number) {
          ran.push(id);
          return {};
        }
      }
      @JsonController('/things')
      class Sub extends Base {}
      await using server = await start(Sub);
      expect(await server.status('/things/0x32', 'user', 'DELETE')).to.equal(403);
      expect(await server.status('/things/0x32', 'staff', 'DELETE')).to.equal(200);
      expect(await server.status('/things/abc', 'user', 'DELETE')).to.equal(403);
      expect(Things.asked).to.deep.equal(['50', '50']);
    });

    it('is that of the text where the subclass declares a string in place of the number', async () => {
      class Base {
        @Authorized(ownerOf(Things, 'id')) @Get('/:id') get(@Param('id') id: unknown): unknown {
          return { id };
        }
      }
      @JsonController('/things')
      class Sub extends Base {
        @Get('/:id') override get(@Param('id') id: string) {
          return { id };
        }
      }
      await using server = await start(Sub);
      expect(await server.json('/things/0x5', 'staff')).to.deep.equal({ id: '0x5' });
    });

    it('is never that of a text which the class of @Params() has changed', async () => {
      class Lower {
        @Transform(({ value }: { value: string }) => value.toLowerCase()) @IsString() id!: string;
      }
      class Numeric {
        @Type(() => Number) id!: string;
      }
      @JsonController()
      class ThingsController {
        @Authorized(ownerOf(Things, 'id')) @Get('/lower/:id') lower(@Params() { id }: Lower) {
          ran.push(id);
          return { id };
        }
        @Authorized(ownerOf(Things, 'id')) @Get('/numeric/:id') numeric(@Params() { id }: Numeric) {
          ran.push(id);
          return { id };
        }
      }
      await using server = await start(ThingsController);
      expect(await server.json('/lower/abc', 'user')).to.deep.equal({ id: 'abc' });
      expect(await server.status('/lower/ABC', 'user')).to.equal(403);
      expect(await server.status('/numeric/0x7', 'user')).to.equal(403);
      expect(ran).to.deep.equal(['abc']);
    });

    it('is never another one that the class of @Params() takes from it under another name', async () => {
      class Renamed {
        @Expose({ name: 'id' }) @Type(() => Number) noteId!: number;
      }
      class Implicit {
        @IsString() id!: string;
        @Expose() @Transform(({ obj }: { obj: { id: string } }) => Number(obj.id)) noteId!: number;
      }
      class Inner {
        @Expose() @Type(() => Number) id!: number;
      }
      class Nested {
        @Exclude() id?: string;
        @Expose()
        @Transform(({ obj }: { obj: { id: string } }) => Object.assign(new Inner(), obj))
        note!: Inner;
      }
      class Swapped {
        @Expose({ name: 'n' }) id!: string;
        @Expose({ name: 'id' }) n!: string;
      }
      class Inherited extends Renamed {
        id!: string;
      }
      @JsonController()
      class ThingsController {
        @Authorized(ownerOf(Things, 'id', { whenMissing: 'run' })) @Get('/renamed/:id') a(
          @Params() params: Renamed,
        ) {
          ran.push(params);
        }
        @Authorized(ownerOf(Things, 'id', { whenMissing: 'run' })) @Get('/implicit/:id') b(
          @Params() params: Implicit,
        ) {
          ran.push(params);
        }
        @Authorized(ownerOf(Things, 'id', { whenMissing: 'run' })) @Get('/nested/:id') c(
          @Params() params: Nested,
        ) {
          ran.push(params);
        }
        @Authorized(ownerOf(Things, 'id', { whenMissing: 'run' })) @Get('/swapped/:id/:n') d(
          @Params() params: Swapped,
        ) {
          ran.push(params);
        }
        @Authorized(ownerOf(Things, 'id', { whenMissing: 'run' })) @Get('/inherited/:id') e(
          @Params() params: Inherited,
        ) {
          ran.push(params);
        }
        @Get('/open/:id') f(@Params() params: Renamed, @Resource(Things, 'id') _thing?: Owned) {
          ran.push(params);
        }
      }
      await using server = await start(ThingsController);
      for (const path of ['/renamed/', '/implicit/', '/nested/', '/inherited/', '/open/']) {
        for (const id of ['0x32', '5e1', '%2050']) {
          expect(await server.status(`${path}${id}`, 'user'), `${path}${id}`).to.equal(403);
        }
      }
      expect(await server.status('/swapped/5/50', 'user')).to.equal(403);
      expect(ran).to.deep.equal([]);
    });

    it('leaves the other properties of a class of @Params() as the host converts them', async () => {
      class Page {
        @IsString() id!: string;
        @IsInt() page!: number;
        @Type(() => Number) size!: string;
        draft!: boolean;
        @IsDate() since!: Date;
        note?: string;
      }
      @JsonController()
      class ThingsController {
        @Authorized(ownerOf(Things, 'id')) @Get('/x/:id/:page/:size/:draft/:since') get(@Params() all: Page) {
          ran.push(all);
          return all;
        }
      }
      await using server = await start(ThingsController);
      expect(await server.json('/x/5/0x10/20/true/2030-01-02', 'user')).to.deep.equal({
        id: '5',
        page: 16,
        size: 20,
        draft: 'true',
        since: '2030-01-02T00:00:00.000Z',
      });
      expect(await server.status('/x/5/1/0x14/true/2030-01-02', 'user')).to.equal(403);
      expect(ran).to.have.length(1);
    });

    class Custom {
      id!: string;
    }
    class WithSetter {
      #id = 0;
      get noteId() {
        return this.#id;
      }
      @Expose({ name: 'id' }) @Type(() => Number) set noteId(id: number) {
        this.#id = id;
      }
    }
    class BelowSetter extends WithSetter {}
    class NumberOf {
      @IsInt() id!: number;
    }
    class AnyOf {
      @IsString() id!: string | number;
    }
    const push = (more: object) => (target: object, method: string, index: number) => {
      Param('id')(target, method, index);
      Object.assign(getMetadataArgsStorage().params.at(-1) as object, more);
    };
    const refused: Record<string, () => Constructor<object>> = {
      'a boolean': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Param('id') _id: boolean) {}
        }
        return C;
      },
      'a Date': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Param('id') _id: Date) {}
        }
        return C;
      },
      'an array': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Param('id') _id: string[]) {}
        }
        return C;
      },
      'a bigint': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Param('id') _id: bigint) {}
        }
        return C;
      },
      'a union': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Param('id') _id: string | number) {}
        }
        return C;
      },
      'an own class': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Param('id') _id: Custom) {}
        }
        return C;
      },
      'two types': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(
            @Param('id') _id: string,
            @Param('id') _number: number,
          ) {}
        }
        return C;
      },
      'a number beside all parameters': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(
            @Param('id') _id: number,
            @Params() _all: Record<string, string>,
          ) {}
        }
        return C;
      },
      'a number in a class of parameters': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Params() _all: NumberOf) {}
        }
        return C;
      },
      'a union in a class of parameters': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Params() _all: AnyOf) {}
        }
        return C;
      },
      'a class of parameters by its option': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Params({ type: NumberOf }) _all: object) {}
        }
        return C;
      },
      'parsed parameters': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Params({ parse: true }) _all: object) {}
        }
        return C;
      },
      'a parsed parameter': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@push({ parse: true }) _id: string) {}
        }
        return C;
      },
      'a list of a parameter': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@push({ isArray: true }) _id: string) {}
        }
        return C;
      },
      'a transformed parameter': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(
            @push({ transform: (_action: unknown, value: string) => value.trim() }) _id: string,
          ) {}
        }
        return C;
      },
      'parameters by a class with a setter': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Params() _all: WithSetter) {}
        }
        return C;
      },
      'parameters by a class below one with a setter': () => {
        class C {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Params() _all: BelowSetter) {}
        }
        return C;
      },
      'a boolean of the base class': () => {
        class Base {
          @Authorized(ownerOf(Things, 'id')) @Get('/x/:id') act(@Param('id') _id: boolean) {}
        }
        class C extends Base {}
        return C;
      },
      'a boolean, guarded on the class and deep inside': () => {
        @Authorized(anyOf('admin', anyOf('editor', ownerOf(Things, 'id'))))
        class C {
          @Get('/x/:id') act(@Param('id') _id: boolean) {}
        }
        return C;
      },
      'a boolean beside @Resource()': () => {
        class C {
          @Get('/x/:id') act(@Param('id') _id: boolean, @Resource(Things, 'id') _thing?: Owned) {}
        }
        return C;
      },
    };
    for (const [what, build] of Object.entries(refused)) {
      it(`stops the app at start when the action takes ${what}`, async () => {
        const controller = build();
        JsonController()(controller);
        const outcome = await start(controller).then(
          () => 'started',
          (error: unknown) => error,
        );
        expect(outcome).to.be.instanceOf(ConfigurationError);
        expect((outcome as Error).message).to.match(
          /^C\.act gets :id .*@Param\('id'\), as a string or a number$/,
        );
      });
    }

    it('does not concern parameters that no guard and no @Resource() names', async () => {
      @JsonController()
      class Free {
        @Authorized(ownerOf(Things, 'id')) @Get('/x/:id/:flag') act(@Param('flag') flag: boolean) {
          return { flag };
        }
        @Authorized() @Get('/y/:id') other(@Param('id') id: boolean) {
          return { id };
        }
      }
      await using server = await start(Free);
      expect(await server.json('/x/5/1', 'user')).to.deep.equal({ flag: true });
      expect(await server.json('/y/1', 'user')).to.deep.equal({ id: true });
    });
  });
}
