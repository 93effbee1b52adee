import { explain as explainRequest, type ExplainedLevel, type Explanation } from '../explain/explain';
import { type ExplainRequest, GUARD_METHOD } from '../explain/explain-request';
import { printable } from '../util/printable';
import { type Call, type Command, positionals, UsageError } from './command';
import { loadApp } from './load-app';

export const explain: Command = {
  usage: `Usage: securest explain <module> <METHOD> <path> [options]
       securest explain <module> '*' <guard> [options]

Explains whether a request is allowed, and why: the route that answers it and the guards of that route. No action runs.
With the method * it explains a guard outside of actions, by its name.
The module exports its secured options as \`options\` or as its default export, an instance of createSecurity() as
\`security\` or as its default export, or a function that returns either.

Options:
  --anonymous                a client without credentials (default)
  --as <role>[,<role>...]    a user with these roles; '' is a user without roles
  --user <username>          a user of the app's stores
  --run                      call the app's own code too: stores, policies, role loaders, authorization providers
  --driver <koa|express>     the host that finds the route (default: koa if it is installed)
  --json                     print one JSON document

Exit codes: 0 allowed; 1 refused, or it depends; 2 any failure.
`,
  options: {
    anonymous: { type: 'boolean' },
    as: { type: 'string' },
    user: { type: 'string' },
    run: { type: 'boolean' },
    driver: { type: 'string' },
  },

  async run(call) {
    const [module = '', method = '', path = ''] = positionals(call, 'module', 'METHOD', 'path');
    const driver = call.text('driver');
    if (driver !== undefined && driver !== 'koa' && driver !== 'express')
      throw new UsageError(`Unknown driver ${driver}`);
    const as = identityIn(call);
    const request: ExplainRequest = { method, path, as, run: call.flag('run'), ...(driver && { driver }) };
    const explanation = await explainRequest(await loadApp(module), request);
    const code = explanation.verdict === 'allowed' ? 0 : 1;
    return { code, text: textOf(explanation, request), json: explanation };
  },
};

function identityIn(call: Call): NonNullable<ExplainRequest['as']> {
  const [roles, user, isAnonymous] = [call.text('as'), call.text('user'), call.flag('anonymous')];
  const given = [roles !== undefined, user !== undefined, isAnonymous].filter(Boolean);
  if (given.length > 1) throw new UsageError('--anonymous, --as and --user cannot be combined');
  if (user !== undefined) return { user };
  if (roles === undefined) return 'anonymous';
  return { roles: roles === '' ? [] : roles.split(',').map((role) => role.trim()) };
}

function textOf(explanation: Explanation, request: ExplainRequest): string {
  return linesOf(explanation, request)
    .map((line) => `${printable(line, 2000)}\n`)
    .join('');
}

function linesOf(
  explanation: Explanation,
  { method, path, as = 'anonymous', run }: ExplainRequest,
): string[] {
  const { route, later, levels, outcomes, verdict, skip } = explanation;
  const isOfGuard = method === GUARD_METHOD;
  const [target = ''] = isOfGuard ? [path] : path.split('?', 1);
  const head = `${method.toUpperCase()} ${target} by ${nameOf(as)}: ${verdictOf(explanation)}`;
  if (route === undefined) {
    return [
      head,
      'No action serves this request.',
      ...(levels.length === 0
        ? []
        : [
            'These guards outside of actions may apply:',
            ...levels.map(lineOf),
            ...SKIP[skip ?? 'none'],
            "Explain one by its name in the report, with the method '*'.",
          ]),
    ];
  }
  return [
    head,
    isOfGuard
      ? 'The command does not know where the app mounts this guard.'
      : `The route is ${route.method} ${route.path} (${route.action}).`,
    ...later.map((hidden) => `It hides the later route ${hidden}.`),
    ...(levels.length === 0 ? ['Nothing guards it.'] : ['Each of these must hold:', ...levels.map(lineOf)]),
    ...SKIP[skip ?? 'none'],
    ...outcomes.map(({ provider, verdict: said }) => `${provider} says ${said}.`),
    ...(verdict === 'depends' && run !== true && !isOfGuard
      ? ["Use --run to call the app's own code as well."]
      : []),
  ];
}

const SKIP: Readonly<Record<NonNullable<Explanation['skip']> | 'none', readonly string[]>> = {
  none: [],
  'not called': ["The app's skip hook may let the request past them."],
  skipped: ["The app's skip hook lets the request past them."],
};

function nameOf(as: NonNullable<ExplainRequest['as']>): string {
  if (as === 'anonymous') return 'a client without credentials';
  if ('user' in as) return `the user ${as.user}`;
  if (as.roles.length === 0) return 'a user without roles';
  return `a user with the role${as.roles.length > 1 ? 's' : ''} ${as.roles.join(', ')}`;
}

function verdictOf({ verdict, status, code, refusedBy }: Explanation): string {
  if (verdict === 'depends') return 'it depends';
  if (verdict === 'allowed') return 'allowed';
  const reply = status === undefined || code === undefined ? '' : ` with ${String(status)} ${code}`;
  return `refused${reply}${refusedBy === undefined ? '' : `, by ${refusedBy}`}`;
}

function lineOf({ rule, source, holds }: ExplainedLevel): string {
  return `  ${holds.padEnd(7)}  ${rule}, from ${source}`;
}
