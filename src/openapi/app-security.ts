/** The security requirements of an app's operations, in the form of a document. */
import { isDeepStrictEqual } from 'node:util';
import type { CompiledAction } from '../access/compiled';
import { type AccessFacts, expectedAccess, type Identity } from '../access/expected-access';
import { isSafeMethod, mayBeAmbient } from '../authentication/cross-site';
import type { ActionAccess } from '../core/access';
import { ConfigurationError } from '../errors';
import { accessFacts } from '../security/access-facts';
import type { InspectedOptions } from '../security/inspection';
import { summaryOf } from '../report/security-report';
import { necessaryScopesOf } from '../rules/scope';
import { type Json, objectIn } from './json';
import type { OperationSecurity } from './operation';
import type { Method } from './operations';
import { Refusals, type RefusalStatus } from './refusals';
import { type SecuritySchemes, securitySchemes } from './security-schemes';

export interface AppSecurityOptions {
  /** The components of the app's own document. */
  readonly base: Json;
  readonly describeAccess: boolean;
  /** True if the app writes the bodies of error responses itself. */
  readonly hasOwnBodies: boolean;
}

const ANY_LOGIN: Identity = { isAuthenticated: true, roles: [] };

export class AppSecurity {
  readonly #refusals = new Refusals();
  readonly #schemes: SecuritySchemes;
  readonly #facts: AccessFacts;
  readonly #isAmbient: boolean;

  /** @throws ConfigurationError for providers with unknown schemes, or with different schemes under the same name */
  constructor(
    private readonly app: InspectedOptions,
    private readonly options: AppSecurityOptions,
  ) {
    const { providers } = app.components;
    this.#schemes = securitySchemes(providers, objectIn(options.base['securitySchemes']));
    this.#facts = accessFacts(app);
    this.#isAmbient = providers.some((provider) => mayBeAmbient(provider.get()));
  }

  of({ access, action, asksForUser }: CompiledAction, method: Method): OperationSecurity {
    const isGuarded = access.levels.length > 0;
    const isAsked = isGuarded || asksForUser;
    const body = this.options.hasOwnBodies ? 'unknown' : action.isJsonTyped ? 'json' : 'text';
    const statuses = isAsked ? this.statusesOf(access, method) : [];
    return {
      security: isAsked ? this.alternatives(access, isGuarded) : [],
      refusals: this.#refusals.responses(statuses, body),
      summary: this.options.describeAccess ? summaryOf(access, this.app.components) : undefined,
    };
  }

  /** The components, with those of the base. @throws ConfigurationError if the base has another one of the same name */
  components(): Json {
    const own = { ...this.#refusals.components(), securitySchemes: this.#schemes };
    const merged = Object.entries(own).flatMap(([kind, entries]) => {
      const base = objectIn(this.options.base[kind]);
      for (const [name, entry] of Object.entries(entries)) {
        if (!Object.hasOwn(base, name) || isDeepStrictEqual(base[name], entry)) continue;
        throw new ConfigurationError(
          `securityDocument(): base has another components.${kind}.${name} than securest: give it another name`,
        );
      }
      const all = { ...base, ...entries };
      return Object.keys(all).length === 0 ? [] : [[kind, all] as const];
    });
    return Object.fromEntries(merged);
  }

  /** Undefined if no scheme describes the credentials. */
  private alternatives(access: ActionAccess, isGuarded: boolean): readonly Json[] | undefined {
    const scopes = necessaryScopesOf(access);
    const alternatives = Object.entries(this.#schemes).map(([name, { type }]) => ({
      [name]: type === 'openIdConnect' ? scopes : [],
    }));
    if (!isGuarded) return [{}, ...alternatives];
    return alternatives.length === 0 ? undefined : alternatives;
  }

  private statusesOf(access: ActionAccess, method: Method): readonly RefusalStatus[] {
    const mayLack = expectedAccess(access, ANY_LOGIN, this.#facts).answer !== 'yes';
    const mayBeForeign = this.#isAmbient && !isSafeMethod(method.toUpperCase());
    const mayBeDenied = mayLack || mayBeForeign || this.app.options.requireHttps;
    return [400, 401, ...(mayBeDenied ? ([403] as const) : []), 429, 503];
  }
}
