#!/bin/sh
# Evidence: attached, listed, shown, exported, carried to another store, copied, damaged, erased; ja and en. usage: evidence.sh PROGRAM; TAP.
. "${0%/*}/tap.sh"
cd "$work" || exit 2
lang=C
store=one
k() { env LC_ALL=$lang KOROBANU_STORE="$work/$store" "$K" "$@" 2>"$work/err"; }
says() { grep -q -- "$1" "$work/err"; }
shows() { what=$1; shift; k "$@" >"$work/said"; cat "$work/said"; grep -aq -- "$what" "$work/said"; }
nowhere() { ! grep -arqF -- "$1" "$work/$store"; }
files() { find "$store/evidence" -type f 2>/dev/null | wc -l; }
same() { k evidence export "$1" -o got.bin && cmp got.bin "$2"; r=$?; rm -f got.bin; return $r; }

# A camera, from facts written by hand: with a banner that wants to speak to the terminal.
banner=$(printf 'login\033[31mSATO-TARO\r\n' | base64 -w0)
sha=$(printf %s "$banner" | base64 -d | sha256sum | cut -d' ' -f1)
len=$(printf %s "$banner" | base64 -d | wc -c)
fact() {	# KIND PLACE VALUE SEEN
	printf '{"fact":{"kind":"%s","network":"lab","place":%s,"source":"hand/1","subject":["ip:10.7.0.2","mac:00:16:3e:00:00:02"],"value":%s,"vantage":"v1"},"seen":{"at":"2026-01-01T00:00:00.000Z","class":"S1",%s"qod":50,"run":"","state":"unknown"}}\n' "$1" "$2" "$3" "$4"
}
{
	printf '{"bytes":"%s","evidence":{"kind":"banner","sha256":"%s","size":%s}}\n' "$banner" "$sha" "$len"
	fact banner/1 '{"addr":"10.7.0.2","port":23,"proto":"tcp"}' '{"text":"login SATO-TARO"}' '"evidence":[0],'
	fact name/1 '{"by":"mdns"}' '{"name":"sato-camera"}' '"evidence":[],'
} >hand.jsonl
begin() { k network add lab --prefix 10.7.0.0/24 && k import hand.jsonl && shows AST-1 asset ls; }
ok "a camera with a banner" begin
printf 'policy of Suzuki\n' >small.txt
head -c 3000000 /dev/urandom >photo.jpg
head -c 60000 /dev/zero | tr '\0' 'z' >medium.bin

# --- add
ok "a small file is attached" k evidence add small.txt --asset AST-1 --kind policy --note "from Tanaka"
small=$(k evidence ls -f tsv --columns id,kind | sed -n 's/	policy$//p')
ok "it stays in the store" [ "$(files)" = 0 ]
ok "one just below the limit too" k evidence add medium.bin --asset AST-1
ok "a large one becomes a file" k evidence add photo.jpg --fact "$(k fact ls AST-1 -f tsv --columns pos,kind | sed -n 's/	banner\/1$//p')" --kind photo
photo=$(k evidence ls -f tsv --columns id,kind | sed -n 's/	photo$//p')
ok "of which there is one, for us alone" [ "$(files) $(find one/evidence -type f -printf %m)" = "1 600" ]
ok "all are listed" [ "$(k evidence ls AST-1 -f tsv | sed 1d | wc -l)" = 4 ]
ok "the entry was made by a person" shows 'USR-1' evidence show "$photo" -f json
ok "refused: no such file" ends 2 k evidence add none.txt --asset AST-1
: >empty
ok "refused: an empty one" ends 2 k evidence add empty --asset AST-1
head -c 16777217 /dev/zero >huge
ok "refused: over 16 MiB" ends 2 k evidence add huge --asset AST-1
ok "refused: of nothing" ends 2 k evidence add small.txt
ok "refused: of both" ends 2 k evidence add small.txt --asset AST-1 --fact 1.1
ok "refused: an asset that is not there" ends 2 k evidence add small.txt --asset AST-9
ok "refused: a fact that is not there" ends 2 k evidence add small.txt --fact 99.1
ok "refused: a kind that is none" ends 2 k evidence add small.txt --asset AST-1 --kind 'a b'
ok "a dry run records nothing" sh -c "env KOROBANU_STORE=$work/one '$K' evidence add small.txt --asset AST-1 -n 2>/dev/null && [ \"\$(env KOROBANU_STORE=$work/one '$K' evidence ls -f tsv | sed 1d | wc -l)\" = 4 ]"

# --- show, export
quiet() { k evidence show "$(k evidence ls -f tsv --columns id,kind | sed -n 's/	banner$//p')" -f table >said && grep -q login said && ! grep -q "$(printf '\033')" said; }
ok "a banner is shown, without its escapes" quiet
ok "binary is shown as hex" shows '[0-9a-f][0-9a-f] [0-9a-f][0-9a-f] [0-9a-f]' evidence show "$photo" -f table
ok "the bytes come out as they went in" same "$photo" photo.jpg
ok "those of the store too" same "$small" small.txt
ok "refused: evidence that is not there" ends 2 k evidence show EV-99.0
ok "and no file is made for it" [ ! -e got.bin ]
lang=ja_JP.UTF-8
ja() { k evidence show EV-99.0 --lang ja; grep -q 'korobanu' "$work/err"; k evidence add small.txt --lang ja; says "どちらか一方"; }
ok "in Japanese it says so" ja
lang=C

# --- proof, transfer, copy
ok "the store is sound" k db check
ok "a proof holds the file" sh -c "env KOROBANU_STORE=$work/one '$K' ledger prove AST-1 -o proof.jsonl && [ \$(wc -c <proof.jsonl) -gt 4000000 ] && '$K' verify proof.jsonl >/dev/null"
ok "an export of everything" k export -o all.jsonl
moved() {
	k network add lab --prefix 10.7.0.0/24 && k import all.jsonl && [ "$(files)" = 1 ] || return 1
	k evidence ls -f tsv --columns id,kind,size
	same "$(k evidence ls -f tsv --columns id,kind | sed -n 's/	photo$//p')" photo.jpg && k db check
}
elsewhere() { store=two; moved; r=$?; store=one; return $r; }
ok "another store has it all, the large one too" elsewhere
sed 's/"from":524288}/"from":524289}/' all.jsonl >torn.jsonl
torn() { store=three; k network add lab --prefix 10.7.0.0/24; k import torn.jsonl; [ $? = 3 ] && [ "$(files)" = 0 ] && k db check; r=$?; store=one; return $r; }
ok "refused: pieces that do not follow each other; the fact stays" torn
ok "a backup" k db backup copy.db
restored() { store=four; k db restore copy.db && same "$photo" photo.jpg && [ "$(files)" = 1 ] && k db check; r=$?; store=one; return $r; }
ok "holds the file, and a restored store has it" restored
replaced() { store=two; k db restore copy.db --replace -y && same "$photo" photo.jpg && [ "$(files)" = 1 ]; r=$?; store=one; return $r; }
ok "also in place of another" replaced

# --- orphans and damage
: >one/evidence/0123456789abcdef0123456789abcdef
: >one/evidence/fedcba.new
orphans() { k db check && [ "$(files)" = 1 ]; }
ok "files of nobody go with a check" orphans
file=$(find one/evidence -type f)
cp "$file" kept
printf x | dd of="$file" bs=1 seek=1000000 conv=notrunc 2>/dev/null
damaged() { ends 5 k db check >said && grep -q "$(basename "$file")" said; }
ok "a changed file is found and named, exit 5" damaged
ok "it is not exported" ends 5 k evidence export "$photo" -o got.bin
ok "no backup is made of it" ends 5 k db backup bad.db
cat kept >"$file"
ok "put right, all is well" k db check
mv "$file" aside
ok "a missing one is found and named, exit 5" damaged
mv aside "$file"
ok "put back, all is well" k db check

# --- erase
ok "a piece of evidence is erased" k erase "$photo" --basis request
ok "its file is gone" [ "$(files)" = 0 ]
ok "and known to be" shows erased evidence ls
ok "refused: its bytes" ends 2 k evidence export "$photo" -o got.bin
ok "the proof made before still verifies" "$K" verify proof.jsonl
gone() { k erase AST-1 --all --basis law --why "letter" && nowhere SATO-TARO && nowhere sato-camera && nowhere 00:16:3e:00:00:02 && nowhere Suzuki && nowhere Tanaka && nowhere small.txt && nowhere zzzzzzzz; }
ok "the asset is erased: nothing of it is in any file of the store" gone
ok "answers that rested on it are unknown: erased" shows erased rule explain AST-1 M01 -f tsv
after() { k ledger prove AST-1 -o after.jsonl && "$K" verify after.jsonl >said && grep -q 'erased by entry [0-9]' said && ! grep -q SATO said; }
ok "a proof after it verifies and says erased by entry N" after
ok "the one made before still verifies" "$K" verify proof.jsonl
ok "the store is sound" k db check
tap_end
