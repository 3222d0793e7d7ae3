#!/bin/sh
# The ledger towards the outside: anchors, copies for others, exchange of the key, backup and restore. usage: ledger.sh PROGRAM; TAP.
. "${0%/*}/tap.sh"
cd "$work" || exit 2
k() { env LC_ALL=C KOROBANU_STORE="$work/$store" "$K" "$@" 2>>"$work/err"; }
says() { grep -q "$1" "$work/err"; }
size() { k ledger head -f tsv --columns size | sed 1d; }
flip() {	# FILE OFFSET: one byte becomes another
	b=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
	printf "\\$(printf %o $(((b + 1) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

store=one
ok "a network is recorded" k network add a --prefix 10.80.0.0/24
ok "the head is anchored" k ledger anchor heads
cp -a one early
ok "another entry" k network add b --prefix 10.81.0.0/24
ok "the anchor is a beginning of the ledger" k ledger consistency --from heads
ok "so is any size it had" k ledger consistency --from 1
ok "a size it never had is refused with 5" ends 5 k ledger consistency --from 99
ok "a second head is appended" k ledger anchor heads
two() { [ "$(grep -c '^# anchored ' heads)" = 2 ]; }
ok "the anchor file has both" two
agree() { k status -c ledger.anchor="$work/heads" -f tsv --columns item,state | grep -q "^anchor	pass"; }
ok "status compares the anchor that the settings name" agree
bitten() { for at in 60 100 150 200; do cp heads bad && flip bad $at && ends 5 k ledger consistency --from bad || return 1; done; }
ok "a flipped byte of an anchor is refused with 5" bitten

# --- the key is exchanged
ok "the key is exchanged" k ledger rotate-key -y
asks() { ends 2 k ledger rotate-key --no-input; }
ok "not without a yes" asks
ok "entries after it" k network add c --prefix 10.82.0.0/24
ok "heads signed by the key before still count" k ledger consistency --from heads
ok "the ledger verifies" k ledger verify
ok "a copy for others" k ledger export log
whole() { [ -s log/checkpoint ] && [ "$(sed -n 2p log/checkpoint)" = "$(size)" ] && [ -s "log/tile/0/000.p/$(size)" ] && [ -s "log/tile/entries/000.p/$(size)" ]; }
ok "it holds the tiles its checkpoint needs" whole
ok "a third head, under the new key" k ledger anchor heads

# --- the directory is rolled back as a whole
mv one late
cp -a early one
ok "a rolled-back directory verifies by itself" k ledger verify
back() { ends 5 k ledger consistency --from heads && says "rolled back"; }
ok "a head kept elsewhere finds it, exit 5" back
ja() { k ledger consistency --from "$1" --lang ja >"$work/told" 2>&1; cat "$work/told"; grep -q "$2" "$work/told"; }
ok "in Japanese: what still fits" ja heads '	チェックポイント 2.*件は全 2 件の先頭です'
ok "in Japanese: what does not" ja heads 'ここの台帳の記録は 2 件で、3 件に達しません'
ok "in Japanese: by a size" ja 99 '	件数 99.*ここの台帳の記録は 2 件で'
ok "in Japanese: status" sh -c '"$@" | grep "件に達しません"' sh env LC_ALL=ja_JP.UTF-8 KOROBANU_STORE=one "$K" status -c ledger.anchor="$work/heads"
warns() { k status -c ledger.anchor="$work/heads" -f tsv --columns item,state | grep -q "^anchor	fail"; }
ok "status warns" warns
ok "no head is appended to an anchor that disagrees" ends 5 k ledger anchor heads
ok "no copy takes the place of a longer one" ends 5 k ledger export log
rm -rf one
mv late one

# --- backup and restore
ok "a copy of the store" k db backup copy.db
mode() { [ "$(stat -c %a copy.db)" = 600 ] && [ ! -e copy.db.part ] && ! ls one | grep -q backup; }
ok "only its owner may read it; nothing is left behind" mode
ok "a copy never takes the place of a file" ends 2 k db backup copy.db
k network add lost --prefix 10.83.0.0/24
k ledger head >/dev/null
before=$(size)
ok "a store that is there is not replaced unasked, exit 6" ends 6 k db restore copy.db
ok "restored" k db restore copy.db --replace -y
epoch() { [ "$(k ledger head -f tsv --columns epoch | sed 1d)" = 2 ] && [ "$(size)" = 1 ]; }
ok "the ledger goes on as epoch 2" epoch
gap() { k ledger verify -f tsv --columns what,state,text >rows && grep "^epoch	partial" rows | grep "are lost"; }
ok "ledger verify shows what is missing" gap
named() { ends 5 k ledger consistency --from "$work/one/replaced-1/log/checkpoint" && says "restored at"; }
ok "a head after the copy is told to be lost, exit 5" named
ok "heads before the copy still count" sh -c "head -n 6 heads >first && exec env LC_ALL=C KOROBANU_STORE='$work/one' '$K' ledger consistency --from first"
gone() { k network ls -f tsv --columns id >ls && grep -q "^c$" ls && ! grep -q "^lost$" ls; }
ok "what was in the copy is there, what came later is not" gone
ok "entries go on" k network add d --prefix 10.84.0.0/24
old() { [ "$before" -gt 4 ] && [ -s one/replaced-1/korobanu.db ] && KOROBANU_STORE="$work/one/replaced-1" "$K" ledger verify 2>&1 | grep -q . ; }
ok "what was replaced is kept" old
k db backup copy2.db
store=two
ok "a copy of a restored store, elsewhere" k db restore copy2.db
ok "both epochs verify" k ledger verify
third() { [ "$(k ledger head -f tsv --columns epoch | sed 1d)" = 3 ]; }
ok "and it is epoch 3" third
damaged() { cp copy.db bad.db && flip bad.db 20000 && ends 5 k db restore bad.db --replace -y && k ledger verify && third; }
ok "a damaged copy is refused with 5, the store stays" damaged
junk() { echo junk >junk.db && ends 5 k db restore junk.db --replace -y && k ledger verify && third; }
ok "a file that is no copy is refused with 5, the store stays" junk
store=three
ok "into an empty place, a file that is no copy leaves nothing" sh -c "! LC_ALL=C KOROBANU_STORE='$work/three' '$K' db restore junk.db && [ ! -e three/korobanu.db ] && [ ! -e three/restore ]"
store=one
ok "the versions are told" k db migrate

# --- a key from systemd
store=four
mkdir cred
(umask 077 && head -c 32 /dev/urandom | base64 >cred/ledger.key)
kc() { env CREDENTIALS_DIRECTORY="$work/cred" LC_ALL=C KOROBANU_STORE="$work/$store" "$K" "$@" 2>>"$work/err"; }
ok "a ledger begun with a credential" kc network add a --prefix 10.80.0.0/24
nokey() { [ ! -e four/ledger.key ] && kc ledger verify; }
ok "its key never stands in the store" nokey
ok "without the credential it does not open" sh -c "! LC_ALL=C KOROBANU_STORE='$work/four' '$K' network ls"
other() { (umask 077 && head -c 32 /dev/urandom | base64 >cred/ledger.key); ends 5 kc network ls; }
cp -p cred/ledger.key key
ok "with another key it is refused with 5" other
cp -p key cred/ledger.key
keeps() { ends 2 kc ledger rotate-key -y && says "credential"; }
ok "a credential is not exchanged by us" keeps
open_key() { chmod 644 cred/ledger.key && ! kc network ls; }
ok "a credential that others may read is refused" open_key

# --- a byte of what lies in the directory becomes another: found, the place named, 5
store=flips
k network add a --prefix 10.80.0.0/24
k network add b --prefix 10.80.0.0/24
bitten_in() {	# FILE WORDS: some twelve bytes of it, one at a time
	bytes=$(wc -c <"$store/$1")
	at=0
	while [ $at -lt "$bytes" ]; do
		rm -rf hit
		cp -a "$store" hit
		flip "hit/$1" $at
		KOROBANU_STORE=$work/hit "$K" ledger verify >said 2>&1
		got=$?
		[ $got = 5 ] && grep -q "$2" said || { echo "byte $at of $1: exit $got"; cat said; return 1; }
		at=$((at + bytes / 12 + 1))
	done
}
ok "a flipped byte of a tile" bitten_in log/tile/0/000.p/3 log/tile/0/000.p/3
ok "a flipped byte of an entry bundle" bitten_in log/tile/entries/000.p/3 'log/tile/'
ok "a flipped byte of the checkpoint" bitten_in log/checkpoint log/checkpoint
ok "a flipped byte of the store" bitten_in korobanu.db 'korobanu.db'
ok "a flipped byte of the key" bitten_in ledger.key 'ledger.key'
tap_end
