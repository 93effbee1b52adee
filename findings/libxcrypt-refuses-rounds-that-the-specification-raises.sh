#!/usr/bin/env bash
# A sha512crypt setting with few rounds: two implementations raise it to 1000, Debian's crypt() refuses it.
#
# Expected: 1000 rounds, and a string that states them. The specification ("Unix crypt using SHA-256 and SHA-512",
#   step on rounds) raises a smaller number to 1000, and its own test vectors have the setting
#   `$5$rounds=10$roundstoolow`.
# Seen: crypt() of libxcrypt returns the failure `*0`, also for a leading zero; OpenSSL and libraries for Node follow
#   the specification. A salt format in a configuration, or a hash that a library wrote with the original number,
#   works in those and is a wrong password for every program that uses the system's crypt().
# Versions: libxcrypt 4.4 (Debian 12, through Perl), OpenSSL 3.0, unixcrypt 3.0.4.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund unixcrypt@3.0.4 >/dev/null

cat >probe.mjs <<'JS'
import { execFileSync } from 'node:child_process';
import { encrypt } from 'unixcrypt';

const run = (...command) => execFileSync(command[0], command.slice(1), { encoding: 'utf8' }).trim();
const show = (hash) => (hash.length > 60 ? `${hash.slice(0, 45)}...` : hash);
// The expected value of the first is in the specification's list of test vectors.
const cases = {
  '$5$rounds=10$roundstoolow': 'the minimum number is still observed',
  '$6$rounds=01000$saltstring': 'correct horse',
  '$6$rounds=1000$saltstring': 'correct horse',
};
const refused = [];
for (const [setting, password] of Object.entries(cases)) {
  const [, id, ...salt] = setting.split('$');
  const seen = {
    'crypt()': run('perl', '-e', 'my $h = crypt($ARGV[0], $ARGV[1]); print defined $h ? $h : "*0"', password, setting),
    openssl: run('openssl', 'passwd', `-${id}`, '-salt', salt.join('$'), password),
    unixcrypt: encrypt(password, setting),
  };
  console.log(setting);
  for (const [name, hash] of Object.entries(seen)) console.log(`  ${name}: ${show(hash)}`);
  if (seen.openssl !== seen.unixcrypt || !seen.openssl.includes('rounds=1000$')) process.exit(1);
  refused.push(seen['crypt()'] === '*0' ? 'refused' : String(seen['crypt()'] === seen.openssl));
}
process.exit(refused.join() === 'refused,refused,true' ? 0 : 1);
JS
node probe.mjs
