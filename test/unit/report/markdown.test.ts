import { expect } from 'chai';
import { toMarkdown } from '../../../src/report/markdown';
import type { ReportedRoute, SecurityReport } from '../../../src/report/security-report';
import { reported, reportedRoute as route } from '../../support/reported';

function report(...routes: ReportedRoute[]): SecurityReport {
  const warnings = [{ code: 'open_without_public' as const, action: 'A.b', message: 'A.b is open' }];
  return reported(routes, { warnings });
}

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

  it('names what decides beside the guards, and not the chain itself', () => {
    const components = [
      { kind: 'providers', names: ['Password'] },
      { kind: 'skip', names: ['isLocal#00000000'] },
    ];
    const text = toMarkdown({ ...report(route()), components });
    expect(text).to.include('\n\n- skip isLocal#00000000: may let requests past all guards\n- **open');
    expect(text).not.to.include('providers Password');
  });

  it('keeps what Markdown would take for its own', () => {
    const text = toMarkdown(report(route({ path: '^\\/(?:a|b)$', hiddenBy: '<script>' })));
    expect(text).to.include('^\\\\/(?:a\\|b)$').and.to.include('\\<script\\>');
  });
});
