import { expect } from 'chai';
import { Get, getMetadataArgsStorage, JsonController, UseInterceptor } from 'routing-controllers';
import { hookInterceptors, restoreInterceptors } from '../../../../src/host/access/interceptors';
import { ConfigurationError } from '../../../../src/errors';
import { reset } from '../../../support/reset';
import { actionsOf } from '../../access/actions';

function mask() {}

/** A subclass that inherits an interceptor. */
function inheriting() {
  class Base {
    @UseInterceptor(mask)
    @Get('/')
    act() {}
  }
  @JsonController()
  class Sub extends Base {}
  return Sub;
}

describe('restoreInterceptors', () => {
  beforeEach(reset);

  it('names what is lost where the host was not prepared for it', () => {
    const [action] = actionsOf({ controllers: [inheriting()] });
    expect(restoreInterceptors(action!)).to.deep.equal(['@UseInterceptor(mask) of Base']);
  });

  it('names nothing where the host was prepared', () => {
    const controllers = [inheriting()];
    const undo = hookInterceptors();
    const [action] = actionsOf({ controllers });
    undo();
    expect(restoreInterceptors(action!)).to.deep.equal([]);
  });

  it('names nothing of a controller that inherits none', () => {
    @JsonController()
    class Notes {
      @UseInterceptor(mask)
      @Get('/')
      act() {}
    }
    const [action] = actionsOf({ controllers: [Notes] });
    const callMethod = Object.getOwnPropertyDescriptor(action, 'callMethod');
    expect(restoreInterceptors(action!)).to.deep.equal([]);
    expect(Object.getOwnPropertyDescriptor(action, 'callMethod')).to.equal(callMethod);
  });

  it('names the class of a method with an empty name', () => {
    @JsonController()
    class Notes {
      @UseInterceptor(mask)
      @Get('/')
      ['']() {}
    }
    const [action] = actionsOf({ controllers: [Notes] });
    expect(restoreInterceptors(action!)).to.deep.equal(['@UseInterceptor(mask) of Notes']);
  });

  it('refuses what is neither a class nor a function', () => {
    for (const wrong of [undefined, null, 'mask', {}]) {
      reset();
      class Base {
        @UseInterceptor(wrong as never)
        @Get('/')
        act() {}
      }
      JsonController()(class Sub extends Base {});
      const [action] = actionsOf({});
      expect(() => restoreInterceptors(action!)).to.throw(ConfigurationError, 'of Base names');
    }
  });
});

describe('hookInterceptors', () => {
  beforeEach(reset);

  it('is undone without a trace, also where another server was built in between', () => {
    inheriting();
    const storage = getMetadataArgsStorage();
    const before = [...storage.useInterceptors];
    const undoOuter = hookInterceptors();
    const undoInner = hookInterceptors();
    undoInner();
    expect(storage.useInterceptors).to.have.length(before.length + 1);
    undoOuter();
    expect(storage.useInterceptors).to.deep.equal(before);
  });

  it('leaves controllers alone that have no interceptor on the way up', () => {
    @JsonController()
    class Notes {
      @Get('/')
      act() {}
    }
    Notes;
    const undo = hookInterceptors();
    expect(getMetadataArgsStorage().useInterceptors).to.deep.equal([]);
    undo();
  });
});
