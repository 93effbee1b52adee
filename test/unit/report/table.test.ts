import { expect } from 'chai';
import { ConfigurationError } from '../../../src/errors';
import { reportTable } from '../../../src/report/table';
import { openRoute, reported, reportedRoute as route } from '../../support/reported';

const ROUTES = [
  openRoute(),
  route({ path: '/notes' }),
  route({
    method: 'DELETE',
    path: '/notes/:id',
    action: 'Notes.remove',
    summary: 'admin',
    access: 'role admin',
  }),
  route({ path: '/tags', controller: 'Tags', action: 'Tags.list' }),
  route({ method: 'POST', path: '/tags', controller: 'Tags', action: 'Tags.add' }),
  route({ method: '*', path: 'files', controller: '', action: 'guard files' }),
];
const WARNING = {
  code: 'inheritance_loss' as const,
  action: 'Notes.list',
  message: 'Notes.list loses @Body',
};

describe('reportTable', () => {
  it('counts, groups by controller in one line where all routes are equal, then has guards and warnings', () => {
    expect(reportTable(reported(ROUTES, { warnings: [WARNING, WARNING] }))).to.equal(
      [
        '6 routes: 1 open, 5 more than a login',
        '',
        'Health',
        '  GET  /health  open',
        'Notes  /notes',
        '  GET     /notes      editor',
        '  DELETE  /notes/:id  admin',
        'Tags  /tags  all 2: editor',
        'Guards outside of actions',
        '  *  files  editor',
        '',
        'Warnings: 2 inheritance_loss (--verbose lists each)',
        '',
      ].join('\n'),
    );
  });

  it('names what decides beside the guards', () => {
    const components = [
      { kind: 'userstores', names: ['Users'] },
      { kind: 'providers', names: ['Password'] },
      { kind: 'authorizationProviders', names: ['Paths', 'Hours\u001b[2J'] },
      { kind: 'roleLoaders', names: ['Loader'] },
      { kind: 'skip', names: ['isLocal#00000000'] },
    ];
    const lines = reportTable(reported(ROUTES, { components })).split('\n');
    expect(lines.slice(lines.indexOf('Beside the guards'))).to.deep.equal([
      'Beside the guards',
      `  authorizationProviders Paths, ${String.raw`Hours\u001b[2J`}: may refuse what the guards allow`,
      '  roleLoaders Loader: may add roles to a user',
      '  skip isLocal#00000000: may let requests past all guards',
      '',
    ]);
  });

  it('takes routes for equal only where their guards are, whatever the words', () => {
    const one = route({ normalised: 'policy isEditor#1' });
    const other = route({ path: '/other', normalised: 'policy isEditor#2' });
    expect(reportTable(reported([one, other]))).to.not.include('all 2');
    const hidden = reportTable(reported([one, { ...one, hiddenBy: 'GET /x (A.x)' }]));
    expect(hidden).to.include('editor (hidden)').and.to.not.include('all 2');
  });

  it('has every detail and every warning when verbose', () => {
    const more = { before: ['body parser'], after: ['upload'], hiddenBy: 'GET /x (A.x)' };
    const text = reportTable(reported([route(more)], { warnings: [WARNING] }), { verbose: true });
    for (const line of [
      'role editor, from class Notes',
      'authenticated by Password',
      'runs before authorization: body parser',
      'runs after authorization: upload',
      'hidden by GET /x (A.x)',
      'warning inheritance_loss: Notes.list loses @Body',
    ]) {
      expect(text).to.include(line);
    }
  });

  it('never cuts a path in a pipe, and wraps at slashes and spaces alone where the terminal has a width', () => {
    const path = `/${Array.from({ length: 12 }, (_, at) => `part${String(at)}`).join('/')}`;
    const summary = Array.from({ length: 20 }, (_, at) => `role${String(at)}`).join(' or ');
    const report = reported([
      route({ path, summary }),
      route({ path: `/${'x'.repeat(120)}`, access: 'role admin' }),
    ]);
    expect(reportTable(report)).to.include(path).and.to.include('x'.repeat(120));
    const lines = reportTable(report, { columns: 80 }).split('\n');
    const long = lines.findIndex((line) => line.includes('xxxx'));
    expect(Math.max(...lines.slice(2, long).map(({ length }) => length))).to.be.at.most(80);
    expect(lines[long]).to.include('x'.repeat(120));
    for (const [at] of Array.from({ length: 12 }).entries()) {
      expect(
        lines.filter((line) => line.includes(`/part${String(at)}`) || line.includes(`part${String(at)}/`)),
      ).to.not.be.empty;
    }
    for (let at = 0; at < 20; at += 1) {
      expect(lines.filter((line) => new RegExp(`\\brole${String(at)}\\b`).test(line))).to.have.length(1);
    }
  });

  it('groups by the first part of the path, or not at all', () => {
    const byPath = reportTable(reported(ROUTES), { group: 'path' });
    expect(byPath).to.include('\n/notes\n').and.to.include('/tags  all 2: editor');
    expect(reportTable(reported(ROUTES), { group: 'none' })).to.include('\nPOST    /tags       editor\n');
  });

  it('shows the routes that are asked for, and no others', () => {
    const report = reported(ROUTES, { warnings: [WARNING] });
    const open = reportTable(report, { only: 'open' });
    expect(open).to.include('/health').and.to.not.include('/notes');
    const warned = reportTable(report, { only: 'warned' });
    expect(warned).to.include('/notes').and.to.not.include('/notes/:id').and.to.not.include('/tags');
    const editor = reportTable(reported([openRoute(), route({ may: { 'role editor': 'no' } })]), {
      only: 'role:editor',
    });
    expect(editor).to.include('/health').and.to.not.include('/notes');
  });

  it('refuses a filter that it cannot answer', () => {
    for (const only of ['', 'opne', 'changed', 'role:', 'role:nobody', 'user:ann']) {
      expect(() => reportTable(reported(ROUTES), { only }), only).to.throw(ConfigurationError);
    }
  });

  it('colours what is open, and is the same text without', () => {
    const text = reportTable(reported(ROUTES), { color: true });
    expect(text).to.include('\u001b[31mopen\u001b[0m');
    // eslint-disable-next-line no-control-regex -- the colours
    expect(text.replace(/\u001b\[\d+m/g, '')).to.equal(reportTable(reported(ROUTES)));
  });

  it('shows no control character of a route', () => {
    const hostile = route({ path: '/a\u001b[2J\r\nb', summary: 'x\u202ey', controller: 'C\u001b' });
    const text = reportTable(reported([hostile]), { verbose: true });
    expect(text)
      .to.include('/a\\u001b[2J\\u000d\\u000ab')
      .and.to.include('x\\u202ey')
      .and.to.include('C\\u001b');
    expect(text).to.not.include('\u001b');
  });
});
