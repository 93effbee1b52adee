import { loginRoutes } from '../account/login-route';
import type { OwnTable } from '../account/own-table';
import { passwordAlone, sessionNeeds } from '../account/session-needs';
import { ConfigurationError } from '../errors';
import { endByProvider, logOut } from './login-ends';
import { answerLogin, beginLogin } from './login-flow';
import { checkOidcLoginOptions, type OidcLoginControllerOptions } from './login-options';
import { loadLoginPackages, LoginProvider } from './login-provider';
import { redirectUriOf } from './redirect-uri';

/**
 * The routes for logins at an OpenID provider.
 * @param call the function that makes them for a host, for messages and events
 * @throws ConfigurationError without the packages, and for options that are unknown, missing or out of bounds
 */
export function oidcLoginTable(call: string, options: OidcLoginControllerOptions): OwnTable {
  const settings = checkOidcLoginOptions(call, options);
  loadLoginPackages();
  const provider = new LoginProvider(settings);
  const { path, sessions, secondFactors, baseUrl, issuer } = settings;
  return {
    call,
    path,
    routes: loginRoutes(
      { sessions, secondFactors },
      {
        begin: {
          verb: 'get',
          path: '/login',
          isPublic: true,
          run: (flow) => beginLogin(flow, provider, settings),
        },
        answer: {
          verb: 'get',
          path: '/callback',
          isPublic: true,
          run: (flow) => answerLogin(flow, provider, settings),
        },
        end: {
          verb: 'post',
          path: '/logout',
          isPublic: true,
          run: (flow) => logOut(flow, provider, settings),
        },
        ...(settings.backchannel && {
          endByProvider: {
            verb: 'post',
            path: '/backchannel',
            isPublic: true,
            isChecked: false,
            run: (flow) => endByProvider(flow, provider),
          },
        }),
      },
    ),
    needs: sessionNeeds({
      call,
      sessions,
      passwords: false,
      secondFactors,
      warningOf: (app) => passwordAlone(call, secondFactors, app),
      announce: (route, isBelowMount) => {
        if (!/^[^:*()?+{}\\]+$/.test(route)) {
          throw new ConfigurationError(
            `${call}: the route ${route} has parameters, and a provider takes whole redirect URIs only`,
          );
        }
        if (!route.endsWith('/callback')) return undefined;
        const line = `the redirect_uri at ${issuer} is ${redirectUriOf(baseUrl, route)}`;
        return isBelowMount ? `${line}, or below a mount with its path in front of ${path}` : line;
      },
    }),
  };
}
