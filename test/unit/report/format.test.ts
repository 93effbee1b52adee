import { expect } from 'chai';
import { toMarkdown, toTable } from '../../../src/report/format';
import type { ReportedRoute, SecurityReport } from '../../../src/report/security-report';
import { reported, reportedRoute as route } from '../../support/reported';

function report(...routes: ReportedRoute[]): SecurityReport {
  const warnings = [{ code: 'open_without_public' as const, action: 'A.b', message: 'A.b is open' }];
  return reported(routes, { warnings });
}

describe('toTable', () => {
  it('has a line for each route, what its guard comes from, and the warnings', () => {
    expect(
      toTable(report(route({ before: ['body parser'], after: ['upload'], hiddenBy: 'GET /x (A.x)' }))),
    ).to.equal(
      [
        'method  path    access       action',
        'GET     /notes  role editor  Notes.list',
        '',
        'GET /notes: role editor, from class Notes',
        'GET /notes: authenticated by Password',
        'GET /notes: runs before authorization: body parser',
        'GET /notes: runs after authorization: upload',
        'GET /notes: hidden by GET /x (A.x)',
        'warning open_without_public: A.b is open',
        '',
      ].join('\n'),
    );
  });

  it('fits a terminal: long cells go on in the next line, and lose nothing', () => {
    const access = Array.from({ length: 20 }, (_, index) => `role r${index}`).join(' and ');
    const path = `/${'p'.repeat(100)}`;
    const table = toTable(report(route({ access, path, levels: [], providers: [] }))).split('\n\n')[0]!;
    const lines = table.split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).to.be.lessThan(122);
    expect(
      lines
        .slice(1)
        .map((line) => line.slice(8, 38).trim())
        .join(''),
    ).to.equal(path);
    for (let index = 0; index < 20; index += 1) expect(table).to.match(new RegExp(`\\br${index}\\b`));
  });

  it('shows no control character of a route', () => {
    const text = toTable(report(route({ path: '/a\u001b[2J\r\nb', action: 'A\u202e.b' })));
    expect(text).to.include('/a\\u001b[2J\\u000d\\u000ab').and.to.include('A\\u202e.b');
  });
});

describe('toMarkdown', () => {
  it('is a table and a list of warnings', () => {
    expect(
      toMarkdown(report(route(), route({ path: '/x', levels: [], providers: [], access: 'anyone' }))),
    ).to.equal(
      [
        '| method | path | access | from | providers | action |',
        '| --- | --- | --- | --- | --- | --- |',
        '| GET | /notes | role editor | class Notes | Password | Notes.list |',
        '| GET | /x | anyone |  |  | Notes.list |',
        '',
        '- **open_without_public**: A.b is open',
        '',
      ].join('\n'),
    );
  });

  it('keeps what Markdown would take for its own', () => {
    const text = toMarkdown(report(route({ path: '^\\/(?:a|b)$', hiddenBy: '<script>' })));
    expect(text).to.include('^\\\\/(?:a\\|b)$').and.to.include('\\<script\\>');
  });
});
