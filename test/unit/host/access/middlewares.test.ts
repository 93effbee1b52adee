import { expect } from 'chai';
import { type ActionMetadata, Get, JsonController, UseAfter, UseBefore } from 'routing-controllers';
import { restoreMiddlewares } from '../../../../src/host/access/middlewares';
import { reset } from '../../../support/reset';
import { actionsOf } from '../../access/actions';

function audit() {}
function compress() {}

function actionOf(controller: new () => object): ActionMetadata {
  return actionsOf({ controllers: [controller] })[0]!;
}

describe('restoreMiddlewares', () => {
  beforeEach(reset);

  it('names those of a base class and of an inherited method, and no other', () => {
    @UseBefore(audit)
    class Base {
      @UseAfter(compress)
      @Get('/')
      act() {}
      @UseBefore(compress)
      other() {}
    }
    @JsonController()
    class Sub extends Base {}
    const action = actionOf(Sub);
    expect(restoreMiddlewares(action)).to.have.members([
      '@UseAfter(compress) of Base',
      '@UseBefore(audit) of Base',
    ]);
    expect(action.uses).to.deep.equal([]);
  });

  it('names none of a method that the subclass declares anew', () => {
    class Base {
      @UseAfter(compress)
      @Get('/')
      act() {}
    }
    @JsonController()
    class Sub extends Base {
      @Get('/')
      override act() {}
    }
    expect(restoreMiddlewares(actionOf(Sub))).to.deep.equal([]);
  });

  it('gives a method with an empty name its own', () => {
    @JsonController()
    class Notes {
      @UseAfter(compress)
      @UseBefore(audit)
      @Get('/')
      ['']() {}
    }
    const action = actionOf(Notes);
    expect(action.uses).to.deep.equal([]);
    expect(restoreMiddlewares(action)).to.deep.equal([]);
    expect(action.uses.map(({ middleware, afterAction }) => [middleware, afterAction])).to.deep.equal([
      [audit, false],
      [compress, true],
    ]);
  });

  it('names those of an inherited method with an empty name', () => {
    class Base {
      @UseBefore(audit)
      @Get('/')
      ['']() {}
    }
    @JsonController()
    class Sub extends Base {}
    expect(restoreMiddlewares(actionOf(Sub))).to.deep.equal(['@UseBefore(audit) of Base']);
  });
});
