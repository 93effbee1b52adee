import { expect } from 'chai';
import { All, Authorized, Controller, CurrentUser, Get, JsonController } from 'routing-controllers';
import { isCompiled, requiresUser } from '../../../../src/access/compiled';
import { compileAction, refuseHalfSetUp } from '../../../../src/host/access/compile';
import { CurrentAuthentication } from '../../../../src/host/decorators/current-authentication';
import { Public } from '../../../../src/decorators/public';
import { ConfigurationError } from '../../../../src/errors';
import { reset } from '../../../support/reset';
import { actionsOf } from '../../access/actions';

function compile(controller: new () => object, routePrefix = '') {
  return actionsOf({ controllers: [controller] }).map((action) =>
    compileAction(action, routePrefix, 'public'),
  );
}

describe('compileAction', () => {
  beforeEach(reset);

  it('states the effective access and hands it to the host in place of the roles', () => {
    @Authorized('a')
    @JsonController('/notes')
    class Notes {
      @Authorized(['b', 'c'])
      @Get('/:id')
      one() {}
    }
    const [one] = compile(Notes, '/api');
    expect(one?.access).to.deep.include({
      action: 'Notes.one',
      method: 'GET',
      route: '/api/notes/:id',
      openedBy: undefined,
    });
    expect(one?.access.levels.map(({ source }) => source)).to.deep.equal(['class Notes', 'Notes.one']);
    expect(one?.action.isAuthorizedUsed).to.be.true;
    expect(one?.action.authorizedRoles).to.deep.equal([one?.access]);
    expect(isCompiled(one?.access)).to.be.true;
  });

  it('guards an inherited action that the host has none on record for', () => {
    class Base {
      @Authorized()
      @Get('/')
      list() {}
    }
    @JsonController('/sub')
    class Sub extends Base {}
    const [list] = actionsOf({ controllers: [Sub] });
    expect(list?.isAuthorizedUsed).to.be.false;
    compileAction(list!, '', 'public');
    expect(list?.isAuthorizedUsed).to.be.true;
  });

  it("takes the host's roles off an action that @Public() opens", () => {
    class Base {
      @Authorized('a')
      @Get('/')
      list() {}
    }
    @Controller('/sub')
    class Sub extends Base {
      @Public()
      @Get('/')
      override list() {}
    }
    const [list] = compile(Sub);
    expect(list?.access).to.deep.include({ levels: [], openedBy: '@Public() on Sub.list' });
    expect(list?.action).to.deep.include({ isAuthorizedUsed: false, authorizedRoles: [] });
  });

  it('shows a regular expression as its source, and @All as ALL', () => {
    @JsonController()
    class Notes {
      @All(/^\/notes/)
      all() {}
    }
    const [all] = compile(Notes);
    expect(all?.access.method).to.equal('ALL');
    expect(all?.access.route).to.contain('notes');
  });

  describe('with a parameter that requires a user', () => {
    const ANY_USER = { rule: { kind: 'authenticated' } };

    it('guards the action, and takes the requirement off the parameter', () => {
      @JsonController()
      class Notes {
        @Get('/')
        list(@CurrentUser({ required: true }) _user: object) {}
      }
      const [list] = compile(Notes);
      expect(list?.access.levels).to.deep.equal([{ ...ANY_USER, source: 'parameter 1 of Notes.list' }]);
      expect(list?.action).to.deep.include({ isAuthorizedUsed: true, authorizedRoles: [list?.access] });
      expect(list?.action.params[0]?.required).to.be.false;
      expect(requiresUser(list!.access)).to.be.true;
    });

    it('stays guarded under @Public() on the method or the class, and is not called open', () => {
      @JsonController('/a')
      class OnMethod {
        @Public()
        @Get('/')
        act(@CurrentUser({ required: true }) _user: object) {}
      }
      @Public()
      @JsonController('/b')
      class OnClass {
        @Get('/')
        act(@CurrentAuthentication({ required: true }) _login: object) {}
      }
      for (const [index, cls] of [OnMethod, OnClass].entries()) {
        const one = compile(cls)[0]!;
        expect(one.access.openedBy).to.equal(undefined);
        expect(one.access.levels, String(index)).to.deep.equal([
          { ...ANY_USER, source: `parameter 1 of ${cls.name}.act` },
        ]);
      }
    });

    it('adds nothing to a written guard, and stands in for the default', () => {
      @JsonController()
      class Notes {
        @Authorized('editor')
        @Get('/written')
        written(@CurrentUser({ required: true }) _user: object) {}
        @Get('/silent')
        silent(@CurrentUser({ required: true }) _user: object) {}
      }
      const sources = actionsOf({ controllers: [Notes] })
        .map((action) => compileAction(action, '', 'authenticated').access)
        .map(({ action, levels }) => [action, levels.map(({ source }) => source)]);
      expect(sources).to.deep.equal([
        ['Notes.written', ['Notes.written']],
        ['Notes.silent', ['parameter 1 of Notes.silent']],
      ]);
    });

    it('asks for nothing more where the user is optional', () => {
      @JsonController()
      class Notes {
        @Get('/')
        list(@CurrentUser() _user: object, @CurrentAuthentication({ required: false }) _login: object) {}
      }
      const [list] = compile(Notes);
      expect(list?.access.levels).to.deep.equal([]);
      expect(requiresUser(list!.access)).to.be.false;
    });
  });

  it('names actions whose methods have no plain name', () => {
    const hidden = Symbol('hidden');
    @JsonController()
    class Notes {
      @Get('/empty')
      ['']() {}
      @Get('/symbol')
      [hidden]() {}
    }
    expect(compile(Notes).map(({ access }) => access.action)).to.have.members([
      "Notes['']",
      'Notes[Symbol(hidden)]',
    ]);
  });

  it('refuses malformed roles', () => {
    @JsonController()
    class Notes {
      @Authorized(false)
      @Get('/')
      list() {}
    }
    expect(() => compile(Notes)).to.throw(
      ConfigurationError,
      '@Authorized on Notes.list: boolean is not a role',
    );
  });

  it('makes objects that nobody else can make or change', () => {
    @JsonController()
    class Notes {
      @Authorized()
      @Get('/')
      list() {}
    }
    const [list] = compile(Notes);
    expect(list?.access).to.be.frozen;
    expect(list?.access.levels).to.be.frozen;
    for (const other of [{ ...list?.access }, {}, null, undefined, 'admin', true]) {
      expect(isCompiled(other)).to.be.false;
    }
  });
});

describe('refuseHalfSetUp', () => {
  beforeEach(reset);

  it('refuses a guarded app that sets only currentUserChecker, and no other', () => {
    @JsonController()
    class Notes {
      @Get('/open')
      open() {}
      @Authorized()
      @Get('/')
      list() {}
    }
    const actions = compile(Notes);
    expect(() => refuseHalfSetUp(actions, false)).to.throw(ConfigurationError, 'Notes.list is guarded');
    expect(() => refuseHalfSetUp(actions, true)).to.not.throw();
    expect(() => refuseHalfSetUp(actions.slice(0, 1), false)).to.not.throw();
    expect(actions[0]?.access.levels).to.deep.equal([]);
  });
});
