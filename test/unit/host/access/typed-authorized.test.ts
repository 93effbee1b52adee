import { expect } from 'chai';
import { Get, getMetadataArgsStorage, JsonController } from 'routing-controllers';
import { allOf, anyOf, createSecurity, permission, type User } from '../../../../src';
import { reset } from '../../../support/reset';

interface Employee extends User {
  office: string;
}
type Role = 'admin' | 'editor';

describe('An instance’s @Authorized', () => {
  beforeEach(reset);

  it("is routing-controllers' own, and takes the app's roles and policies only", () => {
    const { Authorized } = createSecurity<Employee, Role>();
    const inOslo = (user: Employee) => user.office === 'oslo';
    const byPlanet = (user: User & { planet: string }) => user.planet === 'earth';

    @Authorized()
    @JsonController()
    class Typed {
      @Authorized('admin') @Get('/a') a() {}
      @Authorized(['admin', 'editor']) @Get('/b') b() {}
      @Authorized(allOf('editor', anyOf('admin', permission('x:y')))) @Get('/c') c() {}
      @Authorized(inOslo) @Get('/d') d() {}
      // @ts-expect-error a role that is none of the app's
      @Authorized('edtor') @Get('/e') e() {}
      // @ts-expect-error a role that is none of the app's, in a list
      @Authorized(['admin', 'edtor']) @Get('/f') f() {}
      // @ts-expect-error a role that is none of the app's, inside a rule
      @Authorized(allOf('admin', anyOf('edtor'))) @Get('/g') g() {}
      // @ts-expect-error a policy for users that are not the app's
      @Authorized(byPlanet) @Get('/h') h() {}
      // @ts-expect-error a number is no role
      @Authorized(0) @Get('/i') i() {}
    }
    const guards = getMetadataArgsStorage().responseHandlers.filter(({ type }) => type === 'authorized');
    expect(guards.filter(({ target }) => target === Typed)).to.have.length(10);
  });

  it('comes with options whose roles are typed too', () => {
    createSecurity<Employee, Role>({ roles: ['admin', 'editor'], roleHierarchy: { admin: ['editor'] } });
    // @ts-expect-error a role that is none of the app's
    createSecurity<Employee, Role>({ roleHierarchy: { admin: ['edtor'] } });
    // @ts-expect-error a role that is none of the app's
    createSecurity<Employee, Role>({ permissions: { edtor: ['x:y'] } });
  });
});
