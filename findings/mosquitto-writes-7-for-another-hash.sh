#!/usr/bin/env bash
# `$7$` in a password file is scrypt for crypt(5) and PBKDF2 for the broker Mosquitto.
#
# Expected: the identifiers of crypt(5), which hash files share: `$6$` is sha512crypt, `$7$` scrypt. The file looks
#   like them, `name:$7$...`, and mosquitto_passwd(1) names its hashes (sha512, sha512-pbkdf2) but no format.
# Seen: `$7$101$salt$hash` with ordinary base64 and 101 rounds; crypt() knows the prefix and refuses the string. An
#   import that distinguishes hashes by prefix takes the hashes of the broker's users for scrypt, and none of these
#   users can log in.
# Versions: mosquitto 2.0.11, libxcrypt 4.4 (Debian 12); crypt(5), section on available hashing methods.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download mosquitto >/dev/null 2>&1 || { apt-get update -qq && apt-get download mosquitto >/dev/null 2>&1; }
dpkg-deb -x mosquitto_*.deb "$work/root"
"$work/root/usr/bin/mosquitto_passwd" -b -c "$work/passwords" alice 'correct horse' >/dev/null 2>&1
hash=$(cut -d: -f2 "$work/passwords")
echo "mosquitto_passwd: $hash"

by_pbkdf2=$(node - "$hash" <<'JS'
const { pbkdf2Sync } = require('node:crypto');
const [, id, rounds, salt, hash] = process.argv[2].split('$');
const derived = pbkdf2Sync('correct horse', Buffer.from(salt, 'base64'), Number(rounds), 64, 'sha512');
console.log(id === '7' && derived.toString('base64') === hash);
JS
)
crypt() { perl -e 'my $hash = crypt($ARGV[0], $ARGV[1]); print defined $hash ? $hash : "refused"' "$1" "$2"; }
scrypt=$(crypt 'correct horse' '$7$CU..../....saltsaltsalt')
by_crypt=$(crypt 'correct horse' "$hash")
echo "crypt() for a setting of its own: ${scrypt:0:30}..."
echo "crypt() for mosquitto's: $by_crypt"
echo "PBKDF2-HMAC-SHA-512 with the rounds and salt of the string: $by_pbkdf2"
[ "$by_pbkdf2" = true ] && [ "$by_crypt" != "$hash" ] && [[ $scrypt == '$7$CU..../....saltsaltsalt$'* ]]
