import { expect } from 'chai';
import { readPermissionFile, type PathRules } from '../../../../src/authorization/paths/permission-file';
import { parseRequestPath } from '../../../../src/authorization/paths/request-path';
import { describeFault } from '../../../../src/files/file-fault';

function read(text: string): PathRules {
  const steps = readPermissionFile(text);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function fault(text: string): string {
  try {
    read(text);
  } catch (error) {
    return describeFault('p.yaml', error);
  }
  return 'none';
}

const may = (methods: string) => {
  const { allow } = read(`r:\n  allow:\n    /x: ${methods}\n`);
  const path = parseRequestPath('/x');
  return ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND'].filter(
    (method) => path && allow.find(path, method, new Set(['r'])),
  );
};
const ALL = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND'];

describe('readPermissionFile', () => {
  for (const [methods, expected] of [
    ["['*']", ALL],
    ["['*', 'GET']", ALL],
    ["['GET', '*']", ALL],
    ["'*'", ALL],
    ['GET', ['GET', 'HEAD']],
    ['get', ['GET', 'HEAD']],
    ['[get, Post]', ['GET', 'HEAD', 'POST']],
    ['HEAD', ['HEAD']],
    ['[POST, POST]', ['POST']],
    ['[OPTIONS]', ['OPTIONS']],
  ] as const) {
    it(`takes ${methods} at its word`, () => {
      expect(may(methods)).to.deep.equal(expected);
    });
  }

  it('knows each rule with its line', () => {
    const { rules } = read(
      'a:\n  allow:\n    /x: GET\n    /y:\n      - GET\n  deny:\n    /x/*: [PUT]\nb:\n  deny: {}\n',
    );
    expect(rules.map(({ effect, role, pattern, line }) => [effect, role, pattern.text, line])).to.deep.equal([
      ['allow', 'a', '/x', 3],
      ['allow', 'a', '/y', 4],
      ['deny', 'a', '/x/*', 7],
    ]);
  });

  it('takes role names for names, whatever they are', () => {
    expect(read('__proto__:\n  allow: {/x: GET}\nconstructor:\n  deny: {/y: GET}\n').rules).to.have.length(2);
  });

  for (const [title, text, problem] of [
    ['an empty file', '', 'is empty'],
    ['a file of comments', '# nothing\n', 'is empty'],
    ['a list', '- a\n', ':1 is not a mapping of names'],
    ['a text', 'hello\n', ':1 is not a mapping of names'],
    ['a role that is nothing', 'a:\n', ':1 a role must have allow or deny'],
    ['a role that is a list', 'a:\n  - allow\n', ':2 a role must have allow or deny'],
    ['a role that is a text', 'a: allow\n', ':1 a role must have allow or deny'],
    ['a role with a space at its end', "'a ':\n  allow: {/x: GET}\n", ':1 has an invalid name of a role'],
    ['a role without a name', "'':\n  allow: {/x: GET}\n", ':1 has an invalid name of a role'],
    ['a key that is neither', 'a:\n  alow:\n    /x: GET\n', ':2 a role may only have allow and deny'],
    ['a key in another case', 'a:\n  Allow:\n    /x: GET\n', ':2 a role may only have allow and deny'],
    ['an allow that is nothing', 'a:\n  allow:\n', ':2 allow must have paths with their methods'],
    ['a deny that is a list', 'a:\n  deny:\n    - /x\n', ':2 deny must have paths with their methods'],
    ['an unknown method', 'a:\n  allow:\n    /x: [GET, FETCH]\n', ':3 a method must be an HTTP method'],
    ['a method that is none', 'a:\n  allow:\n    /x: [1]\n', ':3 a method must be an HTTP method'],
    ['methods that are a mapping', 'a:\n  allow:\n    /x: {GET: 1}\n', ':3 a method must be an HTTP method'],
    ['no methods', 'a:\n  allow:\n    /x: []\n', ':3 a path must have methods'],
    ['nothing as methods', 'a:\n  allow:\n    /x:\n', ':3 a method must be an HTTP method'],
    ['a path twice', 'a:\n  allow:\n    /x: GET\n    /x: POST\n', ':4 repeats the key of line 3'],
    [
      'a path twice in another case',
      'a:\n  deny:\n    /x: GET\n    /X: POST\n',
      ':4 repeats the path of line 3',
    ],
    [
      'a path twice with a slash',
      'a:\n  deny:\n    /x: GET\n    /x/: POST\n',
      ':4 repeats the path of line 3',
    ],
    [
      'a path twice with two stars',
      'a:\n  deny:\n    /x/*: GET\n    /x/**: POST\n',
      ':4 repeats the path of line 3',
    ],
    ['a role twice', 'a:\n  deny: {}\na:\n  deny: {}\n', ':3 repeats the key of line 1'],
    ['a path without a slash', 'a:\n  deny:\n    x/y: GET\n', ':3 a path must start with / or *'],
    ['an empty path', "a:\n  deny:\n    '': GET\n", ':3 a path must start with / or *'],
    ['a route parameter', 'a:\n  deny:\n    /x/:id: GET\n', ':3 a path has no parameters'],
    ['a template', "a:\n  deny:\n    '/x/{id}': GET\n", ':3 a path has no parameters'],
    ['a question mark', "a:\n  deny:\n    '/te?t': GET\n", ':3 a path cannot contain ?'],
    ['a dot segment', 'a:\n  deny:\n    /x/../y: GET\n', ':3 a path with an empty or dot segment'],
    ['a double slash', 'a:\n  deny:\n    /x//y: GET\n', ':3 a path with an empty or dot segment'],
    ['two slashes alone', 'a:\n  deny:\n    //: GET\n', ':3 a path with an empty or dot segment'],
    ['two slashes alone that allow', 'a:\n  allow:\n    /: GET\n    //: GET\n', ':4 a path with an empty'],
    ['three slashes alone', 'a:\n  deny:\n    ///: GET\n', ':3 a path with an empty or dot segment'],
    ['a double slash in front', 'a:\n  deny:\n    //x: GET\n', ':3 a path with an empty or dot segment'],
    ['a double slash at the end', 'a:\n  deny:\n    /x//: GET\n', ':3 a path with an empty or dot segment'],
    ['one behind a star', "a:\n  deny:\n    '/x/*//': GET\n", ':3 a path with an empty or dot segment'],
    ['one behind a star in front', "a:\n  deny:\n    '*//': GET\n", ':3 a path with an empty or dot segment'],
    ['one before a star', "a:\n  deny:\n    '//*': GET\n", ':3 a path with an empty or dot segment'],
    ['an encoded path', 'a:\n  deny:\n    /%61: GET\n', ':3 a path with an empty or dot segment'],
    ['a semicolon', 'a:\n  deny:\n    /a;b: GET\n', ':3 a path with an empty or dot segment'],
    ['an alias', 'a: &a\n  allow: {/x: GET}\nb: *a\n', ' has an a'],
    ['a merge key', 'a:\n  deny: {}\nb:\n  <<: {deny: {}}\n', ':4 a role may only have allow and deny'],
    ['a second document', 'a:\n  deny: {}\n---\nb:\n  deny: {}\n', 'holds more than one document'],
    ['a tag', 'a: !x\n  deny: {}\n', 'is not valid YAML (TAG_RESOLVE_FAILED)'],
  ] as const) {
    it(`refuses ${title}, by its line`, () => {
      const told = fault(text);
      expect(told.startsWith('p.yaml')).to.equal(true);
      expect(told).to.contain(problem);
      expect(told).to.not.match(/FETCH|te\?t/);
    });
  }

  it('lets other work go on while it reads 10,000 rules', () => {
    const paths = Array.from({ length: 10_000 }, (_, index) => `    /p${index}/*: GET\n`).join('');
    const steps = readPermissionFile(`r:\n  allow:\n${paths}`);
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(count).to.be.greaterThan(100);
  });
});
