import { expect } from 'chai';
import {
  type ActionMetadata,
  Body,
  CurrentUser,
  Get,
  getMetadataArgsStorage,
  JsonController,
  Param,
  QueryParam,
} from 'routing-controllers';
import {
  keepUndecidedParameters,
  restoreParameters,
  takeRequired,
} from '../../../../src/host/access/parameters';
import { CurrentAuthentication } from '../../../../src/host/decorators/current-authentication';
import { Public } from '../../../../src/decorators/public';
import { reset } from '../../../support/reset';
import { actionsOf } from '../../access/actions';

function actionOf(controller: new () => object): ActionMetadata {
  return actionsOf({ controllers: [controller] })[0]!;
}

function positions(action: ActionMetadata): [number, string][] {
  return action.params
    .toSorted((a, b) => a.index - b.index)
    .map(({ index, type }) => [index, type] as [number, string]);
}

describe('restoreParameters', () => {
  beforeEach(reset);

  it('restores inherited @CurrentUser and @CurrentAuthentication at their places', () => {
    class Base {
      @Get('/')
      act(@CurrentAuthentication() _login: object, @CurrentUser({ required: true }) _user: object) {}
    }
    class Middle extends Base {}
    @JsonController()
    class Sub extends Middle {}
    const action = actionOf(Sub);
    expect(action.params).to.deep.equal([]);
    expect(restoreParameters(action)).to.deep.equal([]);
    expect(positions(action)).to.deep.equal([
      [0, 'custom-converter'],
      [1, 'current-user'],
    ]);
    expect(takeRequired(action)).to.equal('parameter 2 of Base.act');
  });

  it('names what stays lost, and keeps its place', () => {
    class Base {
      @Get('/:id')
      act(@Param('id') _id: string, @CurrentUser() _user: object, @QueryParam('q') _q: string) {}
    }
    @JsonController()
    class Sub extends Base {}
    const action = actionOf(Sub);
    expect(restoreParameters(action).toSorted()).to.deep.equal([
      'parameter 1 (@param) of Base',
      'parameter 3 (@query) of Base',
    ]);
    expect(positions(action).map(([index]) => index)).to.deep.equal([0, 1, 2]);
    const lost = action.params.find(({ index }) => index === 0);
    expect(lost).to.deep.include({ required: false, parse: false });
    expect(lost?.transform({} as never)).to.equal(undefined);
  });

  it('restores what an override does not declare itself, each at its place', () => {
    class Base {
      @Get('/:id')
      act(
        @Param('id') _id: string,
        @QueryParam('q') _q: string,
        @CurrentUser() _user: object,
        @CurrentAuthentication() _login: object,
      ) {}
    }
    class Middle extends Base {
      override act(_id: string, _q: string, @CurrentAuthentication() _user: object, _login: object) {}
    }
    @JsonController()
    class Sub extends Middle {
      @Get('/:id')
      override act(@Param('id') _id: string, _q: string, _user: object, _login: object) {}
    }
    const action = actionOf(Sub);
    expect(restoreParameters(action)).to.deep.equal(['parameter 2 (@query) of Base']);
    expect(positions(action)).to.deep.equal([
      [0, 'param'],
      [1, 'custom-converter'],
      [2, 'custom-converter'],
      [3, 'custom-converter'],
    ]);
  });

  it("leaves an action's own parameters alone, and those that it does without", () => {
    class Base {
      @Get('/')
      act(@CurrentUser() _user: object, @Body() _body: object) {}
    }
    @JsonController()
    class Sub extends Base {
      @Get('/')
      override act(@QueryParam('q') _q: object) {}
    }
    const action = actionOf(Sub);
    expect(restoreParameters(action)).to.deep.equal([]);
    expect(positions(action)[0]).to.deep.equal([0, 'query']);
    expect(action.params.every(({ type }) => type !== 'current-user' && type !== 'body')).to.be.true;
  });

  it('does not touch the parameters of the base itself or of another method', () => {
    @JsonController('/base')
    class Base {
      @Get('/')
      act(@CurrentUser() _user: object) {}
    }
    class Sibling {
      @Get('/')
      act() {}
      other(@CurrentUser() _user: object) {}
    }
    const action = actionOf(Base);
    expect(restoreParameters(action)).to.deep.equal([]);
    expect(action.params).to.have.length(1);
    @JsonController('/sub')
    class Sub extends Sibling {}
    const inherited = actionOf(Sub);
    restoreParameters(inherited);
    expect(inherited.params).to.deep.equal([]);
  });
});

describe('takeRequired', () => {
  beforeEach(reset);

  it('takes off the requirement of a user parameter, and of no other', () => {
    @JsonController()
    class Notes {
      @Get('/')
      act(
        @QueryParam('q', { required: true }) _q: string,
        @CurrentAuthentication({ required: true }) _login: object,
      ) {}
    }
    const action = actionOf(Notes);
    expect(takeRequired(action)).to.equal('parameter 2 of Notes.act');
    expect(action.params.filter(({ required }) => required).map(({ type }) => type)).to.deep.equal(['query']);
  });

  it('names the first of several, wherever they are declared', () => {
    class Base {
      @Get('/')
      act(@CurrentUser({ required: true }) _user: object, _second: object) {}
    }
    @JsonController()
    class Sub extends Base {
      @Get('/')
      override act(_user: object, @CurrentAuthentication({ required: true }) _login: object) {}
    }
    const action = actionOf(Sub);
    restoreParameters(action);
    expect(takeRequired(action)).to.equal('parameter 1 of Base.act');
    expect(action.params.some(({ required }) => required)).to.be.false;
  });

  describe('of an overridden method', () => {
    class Base {
      act(_user: object): void {}
    }
    const required = (cls: new () => Base): string | undefined => {
      CurrentUser({ required: true })(Base.prototype, 'act', 0);
      JsonController()(cls);
      const action = actionOf(cls);
      restoreParameters(action);
      return takeRequired(action);
    };

    it('counts where the override takes another parameter in its place', () => {
      class Sub extends Base {
        @Get('/:id')
        override act(@Param('id') _id: unknown) {}
      }
      expect(required(Sub)).to.equal('parameter 1 of Base.act');
    });

    it('counts where the override declares nothing', () => {
      class Sub extends Base {
        @Get('/')
        override act() {}
      }
      class SubSub extends Sub {}
      expect(required(SubSub)).to.equal('parameter 1 of Base.act');
    });

    it('is replaced where the override asks for the user itself', () => {
      class Sub extends Base {
        @Get('/')
        override act(@CurrentUser() _user: unknown) {}
      }
      expect(required(Sub)).to.equal(undefined);
    });

    it('is replaced where the override asks for the user at another place', () => {
      class Sub extends Base {
        @Get('/:id')
        override act(@Param('id') _id: unknown, @CurrentAuthentication() _login?: unknown) {}
      }
      expect(required(Sub)).to.equal(undefined);
    });

    it('is opened by @Public() on the override that takes no user', () => {
      class Sub extends Base {
        @Public()
        @Get('/:id')
        override act(@Param('id') _id: unknown) {}
      }
      expect(required(Sub)).to.equal(undefined);
    });
  });
});

describe('keepUndecidedParameters', () => {
  beforeEach(reset);

  it("undoes one app's defaults, and no parameter's own word", () => {
    class Notes {
      act(@CurrentUser() _user: object, @QueryParam('q', { required: true }) _q: string) {}
    }
    Notes;
    const params = getMetadataArgsStorage().params.toSorted((a, b) => a.index - b.index);
    const before = params.map(({ required }) => required as boolean | undefined);
    const restore = keepUndecidedParameters();
    for (const param of params) (param as { required: boolean | undefined }).required ??= true;
    restore();
    expect(params.map(({ required }) => required as boolean | undefined)).to.deep.equal(before);
    expect(before).to.deep.equal([undefined, true]);
  });
});
