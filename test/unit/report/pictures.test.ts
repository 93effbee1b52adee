import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { reportHtml } from '../../../src/report/html';
import { reportSvg } from '../../../src/report/svg';
import { openRoute, reported, reportedRoute as route } from '../../support/reported';

const MARKUP = `</style></script></title>"'><img src=x onerror=alert(1)>&`;

function hostile() {
  const identity = `role ${MARKUP}`;
  return reported(
    [
      route({
        path: `/${MARKUP}`,
        method: MARKUP,
        controller: MARKUP,
        action: MARKUP,
        summary: MARKUP,
        providers: [MARKUP],
        levels: [{ rule: MARKUP, source: MARKUP }],
        before: [MARKUP],
        hiddenBy: MARKUP,
        may: { [identity]: 'depends' },
        why: { [identity]: MARKUP },
      }),
    ],
    {
      identities: ['anonymous', identity],
      warnings: [{ code: 'open_without_public', action: MARKUP, message: MARKUP }],
    },
  );
}

/** An app of 324 routes in 36 controllers. */
function large() {
  return reported(
    Array.from({ length: 324 }, (_, at) => {
      const controller = `Controller${String(Math.floor(at / 9))}`;
      const of = at % 20 === 0 ? openRoute : route;
      return of({
        path: `/things${String(Math.floor(at / 9))}/${String(at)}/:id`,
        controller,
        action: `${controller}.action${String(at)}`,
        levels: [{ rule: 'role editor', source: `class ${controller}` }],
        before: ['body parser'],
      });
    }),
    { identities: ['anonymous', 'any login', 'role editor', 'role admin', 'role auditor'] },
  );
}

describe('reportHtml', () => {
  it('has the policy of its one style and one script, and nothing that loads', () => {
    const page = reportHtml(reported([openRoute(), route()]));
    const hashes = ['style', 'script'].map((tag) => {
      const content = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(page)?.[1] ?? '';
      expect(content).to.not.equal('');
      return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    });
    expect(page).to.include(
      `content="default-src 'none'; style-src ${hashes[0]!}; script-src ${hashes[1]!}; base-uri 'none'; form-action 'none'"`,
    );
    expect(page).to.not.match(/\b(?:src|href|action|on\w+)=|style="|https?:|@import|url\(/);
  });

  it('shows names as text, wherever they come from', () => {
    const page = reportHtml(hostile(), { title: MARKUP, changes: [`~ ${MARKUP}`] });
    expect(page).to.not.include('<img');
    expect(page.match(/<\/style>/g)).to.have.length(1);
    expect(page.match(/<\/script>/g)).to.have.length(1);
    expect(page.match(/<\/title>/g)).to.have.length(1);
    expect(page).to.include('&lt;img src=x onerror=alert(1)&gt;&amp;');
  });

  it('says yes, no and depends in words, and why it depends', () => {
    const depends = route({
      may: { anonymous: 'no', 'any login': 'depends' },
      why: { 'any login': 'policy p' },
    });
    const page = reportHtml(reported([openRoute(), depends]));
    for (const word of ['yes', 'no', 'depends']) expect(page).to.include(`<i>${word}</i>`);
    expect(page).to.include('any login: depends on policy p');
  });

  it('names what decides beside the guards', () => {
    const page = reportHtml(reported([route()], { components: [{ kind: 'skip', names: [MARKUP] }] }));
    expect(page).to.match(/<h2>Beside the guards<\/h2>\n<ul>\n<li>skip .*: may let requests past all guards/);
    expect(page).to.not.include(MARKUP);
    expect(reportHtml(reported([route()]))).to.not.include('Beside the guards');
  });

  it('has the changes since the lock file, and marks the routes that they are about', () => {
    const changes = ['~ /notes GET (Notes.list): role admin -> role editor'];
    const page = reportHtml(reported([openRoute(), route(), route({ path: '/notes/x' })]), { changes });
    expect(page).to.include('role admin -&gt; role editor');
    expect(page.match(/data-k="[^"]*\bchanged"/g)).to.have.length(1);
    expect(reportHtml(reported([route()]))).to.not.include('data-kind="changed"');
  });

  it('is less than 300 KB for 324 routes', () => {
    const page = reportHtml(large());
    expect(page.match(/<tr data-k=/g)).to.have.length(324);
    expect(Buffer.byteLength(page)).to.be.lessThan(300_000);
  });
});

describe('reportSvg', () => {
  it('has a row for each of a few routes, a title and a role, and nothing that loads or runs', () => {
    const picture = reportSvg(reported([openRoute(), route()]), { title: 'Notes' });
    expect(picture).to.match(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" role="img"/);
    expect(picture)
      .to.include('<title>Notes</title>')
      .and.to.include('GET /notes<')
      .and.to.include('GET /health<');
    expect(picture).to.not.match(/<(?:script|image|use|a|foreignObject)\b|href=|url\(|@import/);
  });

  it('has a row for each controller of many routes, and one for those that are equal', () => {
    const routes = [
      ...Array.from({ length: 45 }, (_, at) => route({ controller: `C${String(Math.floor(at / 5))}` })),
      openRoute({ controller: 'Mixed' }),
      route({ controller: 'Mixed' }),
    ];
    const picture = reportSvg(reported(routes));
    expect(picture)
      .to.include('>9 controllers (45)<')
      .and.to.include('>Mixed (2)<')
      .and.to.include('>1 of 2<');
    expect(picture).to.not.include('GET /notes');
  });

  it('shows names as text', () => {
    const picture = reportSvg(hostile(), { title: MARKUP });
    expect(picture).to.not.include('<img');
    expect(picture.match(/<\/style>/g)).to.have.length(1);
    expect(picture.match(/<\/title>/g)).to.have.length(1);
  });
});
