#!/bin/sh
# Runs a command beside a private PostgreSQL cluster: tools/pg_test.sh COMMAND [ARGUMENT...]
# The cluster lives in a temporary directory, listens on a Unix socket in it only, and is gone when the command ends.
# KOROBANU_PG_URL names it to the command. As root the server runs as nobody (it refuses uid 0), otherwise as the
# caller.
# Exit: the command's. Where the server's programs are not installed it writes one skipped TAP case and exits 0.
set -eu

bin=
for d in "$(command -v initdb 2>/dev/null | sed 's|/[^/]*$||')" /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin; do
	if [ -n "$d" ] && [ -x "$d/initdb" ] && [ -x "$d/pg_ctl" ] && [ -x "$d/postgres" ]; then bin=$d; break; fi
done
if [ -z "$bin" ]; then
	printf '1..1\nok 1 - %s # SKIP PostgreSQL: initdb and pg_ctl are not installed\n' "$(basename "$1")"
	exit 0
fi

dir=$(mktemp -d /tmp/korobanu-pg.XXXXXX)
if [ "$(id -u)" = 0 ]; then
	chown nobody "$dir"
	pg() { setpriv --reuid=nobody --regid=nogroup --clear-groups -- env HOME="$dir" "$@"; }
else
	pg() { "$@"; }
fi
stop() {
	(cd "$dir" && pg "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop) >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

here=$(pwd)
cd "$dir"
# C locale and UTF-8 as a store needs; trust is safe: the socket stands in a directory of mode 0700 (root passes it).
pg "$bin/initdb" -D "$dir/data" -U korobanu -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || {
	cat "$dir/log" >&2; exit 1; }
# fsync stays on: what is tested is what runs
pg "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/server.log" \
	-o "-c listen_addresses='' -c unix_socket_directories='$dir' -c max_connections=20" start >"$dir/log" 2>&1 ||
	{ cat "$dir/log" "$dir/server.log" >&2; exit 1; }
cd "$here"
KOROBANU_PG_URL="postgresql:///postgres?host=$dir&user=korobanu"
export KOROBANU_PG_URL
rc=0
"$@" || rc=$?
exit $rc
