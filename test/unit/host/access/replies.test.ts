import { expect } from 'chai';
import {
  type ActionMetadata,
  Authorized,
  ContentType,
  Controller,
  Get,
  Header,
  HttpCode,
  Location,
  OnNull,
  OnUndefined,
  Redirect,
  Render,
} from 'routing-controllers';
import { restoreReply } from '../../../../src/host/access/replies';
import { reset } from '../../../support/reset';
import { actionsOf } from '../../access/actions';

/** What the host's decorators are for the compiler. */
type Decorate = ReturnType<typeof HttpCode>;

/** The action of a controller that overrides a method with decorators of its own; no override without any. */
function restored(onBase: Decorate[], onSub?: Decorate[], defaults = {}): ActionMetadata {
  class Base {
    act() {}
  }
  class Sub extends Base {
    override act() {}
  }
  Get('/')(Base.prototype, 'act');
  for (const decorate of onBase) Reflect.apply(decorate, undefined, [Base.prototype, 'act']);
  for (const decorate of onSub ?? []) Reflect.apply(decorate, undefined, [Sub.prototype, 'act']);
  Controller()(Sub);
  const action = actionsOf({ controllers: [Sub], defaults })[0]!;
  restoreReply(action);
  return action;
}

describe('restoreReply', () => {
  beforeEach(reset);

  it('restores each decorator of the reply', () => {
    const action = restored([
      HttpCode(202),
      OnNull(410),
      OnUndefined(205),
      ContentType('application/json'),
      Location('/there'),
      Header('X-A', '1'),
      Redirect('/to'),
    ]);
    expect(action).to.deep.include({
      successHttpCode: 202,
      nullResultCode: 410,
      undefinedResultCode: 205,
      isJsonTyped: true,
      redirect: '/to',
      headers: { Location: '/there', 'Content-type': 'application/json', 'X-A': '1' },
    });
  });

  it("keeps the app's defaults where neither class says anything", () => {
    const defaults = { nullResultCode: 404, undefinedResultCode: 204 };
    const action = restored([OnNull(410)], undefined, defaults);
    expect(action).to.deep.include({ nullResultCode: 410, undefinedResultCode: 204 });
  });

  it('takes each header from the nearest class, whichever decorator sets it', () => {
    const { headers } = restored(
      [Header('x-a', 'base'), Header('X-B', 'base'), Header('Content-Type', 'text/csv'), Location('/base')],
      [Header('X-A', 'sub'), ContentType('text/html'), Header('location', '/sub')],
    );
    expect(headers).to.deep.equal({
      'X-A': 'sub',
      'X-B': 'base',
      'Content-type': 'text/html',
      location: '/sub',
    });
  });

  it('lets a template take the place of a redirect, and the other way round', () => {
    expect(restored([Redirect('/to')], [Render('card')]).redirect).to.equal(undefined);
    reset();
    expect(restored([Render('card')], [Redirect('/to')]).renderedTemplate).to.equal(undefined);
  });

  it("does not give a redirect the overridden method's status, but its own, or a new one", () => {
    expect(restored([HttpCode(201)], [Redirect('/to')]).successHttpCode).to.equal(undefined);
    reset();
    expect(restored([HttpCode(201)], [Redirect('/to'), HttpCode(307)]).successHttpCode).to.equal(307);
    reset();
    expect(restored([Redirect('/to')], [HttpCode(308)])).to.include({
      redirect: '/to',
      successHttpCode: 308,
    });
  });

  it('restores no guard: that is decided elsewhere', () => {
    expect(restored([HttpCode(202), Authorized('a')])).to.include({ isAuthorizedUsed: false });
  });

  it('changes nothing where nothing is inherited', () => {
    const action = restored([], [HttpCode(202), Header('X-A', '1')]);
    expect(action).to.deep.include({ successHttpCode: 202, headers: { 'X-A': '1' } });
  });
});
