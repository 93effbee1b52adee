#!/usr/bin/env bash
# A hash with the prefix $2y$, as PHP and `htpasswd -B` write it, never verifies with the native bcrypt.
#
# Expected: true, or an error. The README of bcrypt says of $2y$ that "in theory" it is compatible with $2b$, and
#   its own getRounds() reads such a hash without complaint.
# Seen: compare() answers false for the right password and throws nothing. With a `b` in the prefix the same 60
#   characters verify, and bcryptjs and @node-rs/bcrypt answer true for both prefixes.
# Versions: bcrypt 6.0.0, bcryptjs 3.0.3, @node-rs/bcrypt 2.0.0; the README's section on hash prefixes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund bcrypt@6.0.0 bcryptjs@3.0.3 @node-rs/bcrypt@2.0.0 >/dev/null

node - <<'JS'
const libraries = {
  bcrypt: require('bcrypt'),
  bcryptjs: require('bcryptjs'),
  '@node-rs/bcrypt': require('@node-rs/bcrypt'),
};

async function main() {
  const b = await libraries.bcryptjs.hash('correct horse', 4);
  const y = b.replace('$2b$', '$2y$');
  const answers = {};
  for (const [name, { compare }] of Object.entries(libraries)) {
    answers[name] = [await compare('correct horse', b), await compare('correct horse', y)];
    console.log(`${name}: $2b$ ${answers[name][0]}, $2y$ ${answers[name][1]}`);
  }
  const rounds = libraries.bcrypt.getRounds(y);
  console.log(`bcrypt.getRounds of the $2y$ hash: ${rounds}`);
  const so = JSON.stringify(answers) === '{"bcrypt":[true,false],"bcryptjs":[true,true],"@node-rs/bcrypt":[true,true]}';
  process.exit(so && rounds === 4 ? 0 : 1);
}
main();
JS
