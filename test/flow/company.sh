#!/bin/sh
# The demo: the same company each time, in a store of its own, marked as a demo wherever it is shown. usage: demo.sh PROGRAM; TAP.
. "${0%/*}/tap.sh"
demo() { env LC_ALL=C HOME="$work/home" XDG_DATA_HOME="$work/home" "$K" demo "$@"; }
at() { store=$1; shift; env LC_ALL=C "$K" --store "$work/$store" "$@"; }
says() { what=$1; shift; "$@" >"$work/said" 2>&1; cat "$work/said"; grep -q -- "$what" "$work/said"; }

mkdir -p "$work/home/korobanu"
ok "a demo" demo --store "$work/one"
ok "another" demo --store "$work/two"
same() {
	at one "$@" -f tsv >"$work/a" 2>/dev/null && at two "$@" -f tsv >"$work/b" 2>/dev/null && [ -s "$work/a" ] && diff "$work/a" "$work/b"
}
ids="id,name,class,addresses,vendor,model,owner,place,use,damage,stage,zone,ports,services,worst,fails,unknowns,values,parties"
ok "the same assets under the same numbers" same asset ls --columns "$ids"
forty() { at one asset ls --json id | grep -o 'AST-[0-9]*' | sort -u | wc -l | grep -qx 40; }
ok "40 of them" forty
ok "the same sheet" same sheet show --columns asset,guideline,item,state,reason
for what in 'kind:camera' 'kind:plc stage:abnormal' 'status:fail' 'stage:stray' 'port:23' 'zone:nagano*' 'damage:severe'; do
	ok "there is some $what" sh -c '"$@" | grep -q AST-' sh "$K" --store "$work/one" asset ls "$what" --json id
done
two() { at one asset ls port:23 status:fail --json id | grep -o 'AST-[0-9]*' | wc -l | grep -qx 2; }
ok "two with telnet" two
pass() { at one asset ls status:pass --json id | grep -o 'AST-[0-9]*' | wc -l | grep -qx 18; }
ok "18 looked at whole and without one" pass
stray() { at one asset ls stage:stray --json id,owner | grep -o '"owner":null' | wc -l | grep -qx 3; }
ok "stray devices belong to nobody" stray
ok "a label" says JC-STAR at one fact ls cam-genkan kind:label
ok "a declaration kept" says '443,554' at one declare show cam-genkan
ok "a declaration, and telnet beside it" says '"tcp":"502"' at one declare show plc-press-1
ok "a translation" says 198.51.100.20 at one fact ls gw-hoshu kind:translation
ok "three zones" sh -c '[ "$("$@" | grep -c /)" = 3 ]' sh "$K" --store "$work/one" network ls --columns zone -f plain

ok "the mark: asset ls" says "DEMO" at one asset ls
ok "the mark: in Japanese" says "見本" at one asset ls --lang ja
ok "the mark: sheet show" says "DEMO" at one sheet show cam-genkan
ok "the mark: asset show" says "DEMO" at one asset show cam-genkan
ok "the mark: fact ls" says "DEMO" at one fact ls cam-genkan
ok "the mark: status" says "DEMO" at one status
ok "the mark: json" says '"watermark":"DEMO"' at one asset ls -f json
ok "the mark: csv, beside it" says "DEMO" at one asset ls -f csv
bundle() { at one ledger prove cam-genkan -o "$work/p.jsonl" && grep -q 'korobanu.invalid/demo\.' "$work/p.jsonl" && says DEMO "$K" verify "$work/p.jsonl"; }
ok "the mark: a proof bundle, which verifies" bundle
ok "a store of one's own bears none" sh -c '! "$@" 2>&1 | grep -q DEMO' sh "$K" --store "$work/mine" status
ok "refused: into a store that holds something else" ends 6 demo --store "$work/mine"
touch "$work/file"; mkdir "$work/full"; touch "$work/full/x"
full() { demo --store "$work/full"; got=$?; [ $got = 6 ] || [ $got = 4 ] && [ "$(ls "$work/full")" = x ]; }
ok "refused: into a directory that holds something else (as root: that is not ours)" full
ok "refused: where a file is" ends 2 demo --store "$work/file"
again() { demo --store "$work/one" >/dev/null && forty; }
ok "again into the same: it is there already" again
own() { demo >/dev/null && [ -d "$work/home/korobanu-demo" -o -d /var/lib/korobanu-demo ] && [ -z "$(ls "$work/home/korobanu")" ]; }
[ "$(id -u)" = 0 ] || ok "without --store: beside the user's store, which stays as it was" own
ok "dry run makes nothing" sh -c '"$@" -n && [ ! -e "$2/korobanu.db" ]' sh "$K" demo --store "$work/dry"
ok "the ledger verifies" at one ledger verify
tap_end
