#!/usr/bin/env bash
# Starts the servers of a company: a directory (OpenLDAP) and a KDC (MIT Kerberos), on loopback, with users in both.
#
#   example/company/servers.sh start   prints KEY=VALUE lines, also into data/company.env; may be run again
#   example/company/servers.sh stop
#
# On Debian it needs the packages slapd, ldap-utils, krb5-kdc, krb5-admin-server, krb5-user and openssl.
set -euo pipefail
PATH=$PATH:/usr/sbin
umask 077
here=$(cd "$(dirname "$0")" && pwd)
data=${COMPANY_DATA:-$here/data}
realm=COMPANY.TEST
suffix=dc=company,dc=test

started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# A process is identified by its id and its start time, because ids are reused.
is_running() {
  local pid start
  read -r pid start 2>/dev/null <"$data/$1.pid" && [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

run() {
  local name=$1
  shift
  setsid "$@" >"$data/$name.log" 2>&1 </dev/null &
  echo "$! $(started_at $!)" >"$data/$name.pid"
}

stop() {
  local pid
  is_running "$1" || return 0
  read -r pid _ <"$data/$1.pid"
  kill "$pid"
  while is_running "$1"; do sleep 0.05; done
  rm "$data/$1.pid"
}

free_port() {
  node -e 'const s = net.createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

secret() { openssl rand -hex 12; }

certificates() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  openssl req -x509 "${key[@]}" -days 365 -subj /CN=company -keyout "$data/ca.key" -out "$data/ca.pem"
  openssl req "${key[@]}" -subj /CN=localhost -keyout "$data/ldap.key" -out "$data/ldap.csr"
  openssl x509 -req -in "$data/ldap.csr" -CA "$data/ca.pem" -CAkey "$data/ca.key" -CAcreateserial -days 365 \
    -extfile <(echo subjectAltName=DNS:localhost) -out "$data/ldap.pem"
}

directory() {
  mkdir "$data/slapd" "$data/people"
  slapadd -n 0 -F "$data/slapd" <<END
dn: cn=config
objectClass: olcGlobal
cn: config
olcTLSCertificateFile: $data/ldap.pem
olcTLSCertificateKeyFile: $data/ldap.key

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

$(for name in core cosine inetorgperson; do grep -v '^#' "/etc/ldap/schema/$name.ldif"; echo; done)

dn: olcDatabase=mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: mdb
olcDbDirectory: $data/people
olcSuffix: $suffix
olcAccess: to attrs=userPassword by anonymous auth by * none
olcAccess: to * by dn.base="cn=app,$suffix" read by * none
olcDbIndex: uid,member eq
END
  # The directory stores only the hashes of passwords.
  sed -e "s|@APP@|$(slappasswd -s "$APP_PASSWORD")|" -e "s|@ALICE@|$(slappasswd -s "$ALICE_PASSWORD")|" \
    -e "s|@BOB@|$(slappasswd -s "$BOB_PASSWORD")|" -e "s|@CAROL@|$(slappasswd -s "$CAROL_PASSWORD")|" \
    "$here/people.ldif" | slapadd -n 1 -F "$data/slapd"
}

kdc() {
  cat >"$data/krb5.conf" <<END
[libdefaults]
 default_realm = $realm
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 $realm = {
  kdc = 127.0.0.1:$KDC_PORT
 }
[domain_realm]
 localhost = $realm
END
  cat >"$data/kdc.conf" <<END
[realms]
 $realm = {
  database_name = $data/principal
  key_stash_file = $data/stash
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:$KDC_PORT
 }
END
  kdb5_util create -s -W -P "$(secret)"
  kadmin.local -q "addprinc -pw $ALICE_PASSWORD alice"
  kadmin.local -q "addprinc -pw $BOB_PASSWORD bob"
  kadmin.local -q 'addprinc -randkey HTTP/localhost'
  kadmin.local -q "ktadd -k $data/http.keytab HTTP/localhost"
}

make() {
  export KRB5_CONFIG=$data/krb5.conf KRB5_KDC_PROFILE=$data/kdc.conf
  rm -rf "$data"
  mkdir -p "$data"
  APP_PASSWORD=$(secret) ALICE_PASSWORD=$(secret) BOB_PASSWORD=$(secret) CAROL_PASSWORD=$(secret)
  LDAP_PORT=$(free_port) KDC_PORT=$(free_port)
  certificates
  directory
  kdc
  cat >"$data/company.env" <<END
LDAP_URL=ldaps://localhost:$LDAP_PORT
LDAP_CA=$data/ca.pem
LDAP_PASSWORD=$APP_PASSWORD
KRB5_CONFIG=$data/krb5.conf
KRB5_KTNAME=FILE:$data/http.keytab
KRB5RCACHEDIR=$data
ALICE_PASSWORD=$ALICE_PASSWORD
BOB_PASSWORD=$BOB_PASSWORD
CAROL_PASSWORD=$CAROL_PASSWORD
END
}

# Runs in a process of its own, which ends at the first error. An incomplete set-up is made again.
make_quietly() {
  local said
  said=$("$0" make 2>&1) && return
  printf '%s\n' "$said" >&2
  return 1
}

start() {
  export KRB5_CONFIG=$data/krb5.conf KRB5_KDC_PROFILE=$data/kdc.conf
  [ -e "$data/company.env" ] || make_quietly
  is_running slapd || run slapd slapd -d 0 -F "$data/slapd" -h "$(sed -n 's/^LDAP_URL=//p' "$data/company.env")"
  is_running kdc || run kdc krb5kdc -n
  for _ in $(seq 100); do
    is_running slapd && is_running kdc || break
    if (exec 3<>"/dev/tcp/127.0.0.1/$(sed -n 's/^LDAP_URL=.*://p' "$data/company.env")") 2>/dev/null &&
      (exec 3<>"/dev/tcp/127.0.0.1/$(sed -n 's/^ *kdc = .*://p' "$data/krb5.conf")") 2>/dev/null; then
      cat "$data/company.env"
      return
    fi
    sleep 0.1
  done
  cat "$data"/{slapd,kdc}.log >&2
  stop slapd
  stop kdc
  return 1
}

case ${1-} in
  start) start ;;
  make) make ;;
  stop)
    stop slapd
    stop kdc
    ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
