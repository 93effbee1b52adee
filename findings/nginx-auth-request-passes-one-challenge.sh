#!/usr/bin/env bash
# A login service offers Bearer and Basic; behind nginx's auth_request the client sees only Bearer.
#
# Expected: both. The module's page says that with 401 the client also gets the subrequest's WWW-Authenticate
#   header, and RFC 9110, section 11.6.1, allows several challenges, in one field or in several.
# Seen: of two header lines only the first is passed on, so a browser finds no scheme that it supports and shows no
#   prompt. The same service behind proxy_pass keeps both. If both challenges are in one line, separated by a comma,
#   both arrive.
# Versions: nginx 1.22.1 (Debian 12); ngx_http_auth_request_module.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in nginx nginx-light; do
  apt-get download "$package" >/dev/null 2>&1 || { apt-get update -qq && apt-get download "$package" >/dev/null 2>&1; }
  dpkg-deb -x "$package"_*.deb "$work/root"
done
nginx="$work/root/usr/sbin/nginx"
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
cat >service.cjs <<'JS'
const { createServer } = require('node:http');
const challenges = ['Bearer realm="api"', 'Basic realm="api"'];
const server = createServer((request, response) => {
  response.setHeader('WWW-Authenticate', request.url === '/joined' ? challenges.join(', ') : challenges);
  response.writeHead(401).end();
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
JS
node service.cjs >service.port &
service=$!
trap 'kill "$service" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do [ -s service.port ] && break; sleep 0.1; done
backend="http://127.0.0.1:$(cat service.port)"
chmod 755 "$work"
mkdir tmp
cat >nginx.conf <<CONF
daemon off;
master_process off;
pid $work/nginx.pid;
error_log $work/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $work/tmp; proxy_temp_path $work/tmp; fastcgi_temp_path $work/tmp;
  uwsgi_temp_path $work/tmp; scgi_temp_path $work/tmp;
  server {
    listen 127.0.0.1:$port;
    root $work;
    location /proxied { proxy_pass $backend/lines; }
    location /checked { auth_request /lines; }
    location /checked-joined { auth_request /joined; }
    location = /lines { internal; proxy_pass $backend/lines; }
    location = /joined { internal; proxy_pass $backend/joined; }
  }
}
CONF
"$nginx" -p "$work" -c "$work/nginx.conf" 2>/dev/null &
proxy=$!
trap 'kill "$service" "$proxy" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do curl -s -o /dev/null "http://127.0.0.1:$port/" && break; sleep 0.1; done

challenges() {
  curl -si "http://127.0.0.1:$port$1" | tr -d '\r' | sed -n 's/^WWW-Authenticate: //Ip' | paste -sd '|'
}
echo "proxy_pass, two lines: $(challenges /proxied)"
echo "auth_request, two lines: $(challenges /checked)"
echo "auth_request, one line: $(challenges /checked-joined)"
[ "$(challenges /proxied)" = 'Bearer realm="api"|Basic realm="api"' ] &&
  [ "$(challenges /checked)" = 'Bearer realm="api"' ] &&
  [ "$(challenges /checked-joined)" = 'Bearer realm="api", Basic realm="api"' ]
