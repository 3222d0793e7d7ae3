#!/bin/sh
# Two sites in one store, seen from one of them: no command shows anything of the other, and nothing can be changed. usage: zones.sh PROGRAM; TAP.
. "${0%/*}/tap.sh"
k() { env LC_ALL=C KOROBANU_STORE="$work/store" "$K" "$@"; }
says() { what=$1; shift; k "$@" >"$work/said" 2>&1; cat "$work/said"; grep -q -- "$what" "$work/said"; }

register() {
	printf 'Asset no.,Name,Maker,Model,Serial No.,IP address,MAC address,Owner,Place\r\n' >"$work/$1.csv"
	printf '%s-1,cam-%s,Acme,AX-1,S%s1,%s.7,00:00:5e:00:53:%s,Sato,lobby-%s\r\n' "$1" "$1" "$1" "$2" "$3" "$1" >>"$work/$1.csv"
	k network add "$1" --prefix "$2.0/24" --zone "$4" && k import "$work/$1.csv" --network "$1" --create
}
ok "the first site" register osaka 192.0.2 01 kansai/osaka
ok "the second site" register tokyo 198.51.100 02 kanto/tokyo
both() { k asset ls --json id >"$work/all"; [ "$(grep -o 'AST-[0-9]*' "$work/all" | wc -l)" = 2 ]; }
ok "without zones both are there" both
here=$(k asset ls name:cam-osaka --json id | grep -o 'AST-[0-9]*')
there=$(k asset ls name:cam-tokyo --json id | grep -o 'AST-[0-9]*')
fact=$(k fact ls "$there" kind:place --json pos | grep -o '[0-9]*\.[0-9]*' | head -n1)

# Nothing a narrowed command prints, on either stream, names what lies elsewhere.
leak='tokyo\|198\.51\.100\|00:53:02'
quiet() {
	"$K" --store "$work/store" --zones kansai "$@" >"$work/said" 2>"$work/said2"
	cat "$work/said" "$work/said2"
	! grep -q "$leak" "$work/said" "$work/said2"
}
shown() { quiet "$@" && grep -q "$here\|osaka" "$work/said"; }
ok "asset ls" shown asset ls -f json
ok "asset ls of what is elsewhere" quiet asset ls vendor:acme --sort name -f jsonl
ok "asset ls as of now, by those who see a part" quiet asset ls --as-of "$(date -u +%Y-%m-%d)" -f jsonl
ok "asset show as of now, own" shown asset show "$here" --as-of "$(date -u +%Y-%m-%d)" -f json
ok "asset show as of now, of what is elsewhere" quiet asset show "$there" --as-of "$(date -u +%Y-%m-%d)"
ok "asset show, own" shown asset show "$here" -f json
ok "network ls" shown network ls
ok "scope ls" quiet scope ls
ok "fact ls, own" shown fact ls "$here" -f jsonl
ok "sheet show" shown sheet show -f jsonl
ok "sheet show, own" shown sheet show "$here" -f jsonl
ok "rule explain, own" shown rule explain "$here" M01 -f jsonl
ok "asset history, own" quiet asset history "$here"
ok "declare show, own" quiet declare show "$here"
ok "status counts what is seen" sh -c '"$@" | grep -q "assets.*1"' sh "$K" --store "$work/store" --zones kansai status -f plain
ok "ledger ls" quiet ledger ls -f jsonl
ok "ledger head" quiet ledger head
missing() { ! quiet "$@" 2>/dev/null; sed "s/$there/AST-X/" "$work/said2" >"$work/m1"; "$K" --store "$work/store" --zones kansai $(echo "$@" | sed "s/$there/AST-99/") 2>&1 >/dev/null | sed 's/AST-99/AST-X/' | diff - "$work/m1"; }
for what in "asset show" "fact ls" "asset history" "sheet show" "declare show"; do
	ok "$what: an asset elsewhere is answered as one that does not exist" missing $what "$there"
done
ok "an asset elsewhere is not found by its name" ends 2 "$K" --store "$work/store" --zones kansai asset show cam-tokyo
ok "nor by its address" ends 2 "$K" --store "$work/store" --zones kansai asset show 198.51.100.7
ok "a fact elsewhere is not there" ends 2 "$K" --store "$work/store" --zones kansai fact show "$fact"
# evidence: what was attached here, and nothing of what was attached there
echo "photo of osaka" >"$work/osaka.txt"
echo "photo of tokyo" >"$work/tokyo.txt"
ev_here=$(k evidence add "$work/osaka.txt" --asset "$here" 2>&1 | grep -o "EV-[0-9]*[.][0-9]*")
ev_there=$(k evidence add "$work/tokyo.txt" --asset "$there" 2>&1 | grep -o "EV-[0-9]*[.][0-9]*")
ok "evidence was attached on both sites" sh -c '[ -n "$1" ] && [ -n "$2" ] && [ "$1" != "$2" ]' sh "$ev_here" "$ev_there"
listed() { quiet evidence ls -f tsv --columns id,asset && grep -q "^$ev_here	$here$" "$work/said" && ! grep -q "^$ev_there" "$work/said"; }
ok "evidence ls" listed
ok "evidence ls of an asset" shown evidence ls "$here" -f jsonl
ok "evidence ls of an asset elsewhere" ends 2 "$K" --store "$work/store" --zones kansai evidence ls "$there"
ok "evidence show" shown evidence show "$ev_here" -f json
ok "evidence show: of elsewhere is answered as one that does not exist" ends 2 "$K" --store "$work/store" --zones kansai evidence show "$ev_there"
got() { quiet evidence export "$ev_here" -o "$work/got" && cmp "$work/got" "$work/osaka.txt"; }
ok "evidence export" got
notgot() { ends 2 "$K" --store "$work/store" --zones kansai evidence export "$ev_there" -o "$work/got2" && [ ! -e "$work/got2" ]; }
ok "evidence export: of elsewhere" notgot
ok "refused within zones: evidence add" ends 4 "$K" --store "$work/store" --zones kansai evidence add "$work/osaka.txt" --asset "$here"
moved() {	# what was seen in a zone stays of that zone; whose it is now is not told
	k asset set "$here" zone=kanto/tokyo && quiet evidence ls -f tsv --columns id,asset && grep -q "^$ev_here	$" "$work/said" &&
		k asset set "$here" zone=kansai/osaka
}
ok "evidence of an asset that moved away" moved

exported() { quiet export -o "$work/all.jsonl" && ! grep -q "$leak" "$work/all.jsonl" && grep -q cam-osaka "$work/all.jsonl"; }
ok "export" exported
proved() { quiet ledger prove -o "$work/p.jsonl" && ! grep -q "$leak" "$work/p.jsonl" && k verify "$work/p.jsonl"; }
ok "ledger prove: the bundle names nothing of it and verifies" proved
ok "ledger prove of an asset elsewhere" ends 2 "$K" --store "$work/store" --zones kansai ledger prove "$there" -o "$work/q.jsonl"
for what in "db backup $work/b.db" "db check" "ledger verify" "asset set $here place.room=x" "asset set $there place.room=x" \
	"erase $here owner.name --basis other -y" "network add n2" "ledger rotate-key -y" "export --register -o $work/r.csv" \
	"import $work/tokyo.csv --network tokyo"; do
	ok "refused within zones: ${what%% /*}" ends 4 "$K" --store "$work/store" --zones kansai $what
done
sub() { k asset ls --zones kan --json id >"$work/said" && ! grep -q AST "$work/said"; }
ok "a zone is whole words: kan holds nothing of kanto" sub
ok "several zones" says "cam-tokyo" asset ls --zones kansai,kanto/tokyo -f jsonl
ok "refused: no zone" ends 6 "$K" --store "$work/store" --zones "" asset ls
ok "and nothing of it changed anything" both
tap_end
