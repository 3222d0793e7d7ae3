#!/bin/sh
# Two devices taken for one and set apart again, what is declared of them, and what is erased (R-12, R-19). usage: assets.sh PROGRAM; TAP.
. "${0%/*}/tap.sh"
tap_root "assets"
k() { lab_in scan env LC_ALL=C KOROBANU_STORE="$work/store" "$K" "$@"; }
says() { what=$1; shift; k "$@" >"$work/said" 2>&1; cat "$work/said"; grep -q -- "$what" "$work/said"; }
silent_on() { what=$1; shift; k "$@" >"$work/said"; cat "$work/said"; ! grep -q -- "$what" "$work/said"; }
refused() { ! k "$@"; }

lab_up
lab_host scan 00:16:3e:00:00:01 10.77.0.1/29
lab_host one 00:16:3e:00:00:02 10.77.0.2/29
lab_host two 00:16:3e:00:00:03 10.77.0.3/29
ready() {
	k network add lab --prefix 10.77.0.0/29 &&
		k scope add 10.77.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab &&
		k scan 10.77.0.2 10.77.0.3 --network lab --profile lab -p 22-23 -q && says AST-2 asset ls
}
ok "two devices are found" ready
apart=$(k asset show AST-2 -f json | sed 's/"last_seen":"[^"]*"//')

ok "each has an owner" sh -c '"$@" asset set AST-1 owner.name=Sato && "$@" asset set AST-2 owner.name=Suzuki' sh ip netns exec "$LAB-scan" env LC_ALL=C KOROBANU_STORE="$work/store" "$K"
apart=$(k asset show AST-2 -f json | sed 's/"last_seen":"[^"]*"//')
ok "a person says they are one" says "merged into AST-1" asset merge AST-1 AST-2
ok "then there is one, at both addresses" says "10.77.0.2,10.77.0.3" asset ls
conflict() { says Suzuki asset show AST-1 -f json && grep -q '"what":"owner.name","asset":"AST-1","value":"\\"Sato' "$work/said"; }
ok "what was said differently is shown with both" conflict
ok "its history names the merge" says "merge.*AST-2.*AST-1" asset history AST-1
ok "refused: merged already" refused asset merge AST-1 AST-2
ok "refused: keys the asset does not hold" refused asset split AST-1 --keys 10.77.0.9
ok "refused: no keys" refused asset split AST-1
ok "refused: what is no key" refused asset split AST-1 --keys nonsense
keys="mac:00:16:3e:00:00:03,10.77.0.3"
ll=$(k asset ls -f json | tr ',"[]' '\n\n\n\n' | grep -i '^fe80.*:3$' || true)
ok "a split by the second one's keys gives it back" says "belong to AST-2" asset split AST-1 --keys "$keys${ll:+,$ll}"
again() { k asset show AST-2 -f json | sed 's/"last_seen":"[^"]*"//' >"$work/again"; printf '%s\n' "$apart" | diff - "$work/again"; }
ok "it is what it was" again
ok "its history names the split" says "split.*AST-1.*AST-2" asset history AST-2
rescan() { k scan 10.77.0.2 10.77.0.3 --network lab --profile lab -p 22-23 -q --restart && says "AST-2" asset ls && silent_on "10.77.0.2,10.77.0.3" asset ls; }
ok "a scan does not join them again" rescan

# what core refuses, in the reader's language
ja() { want=$1; shift; lab_in scan env LC_ALL=ja_JP.UTF-8 KOROBANU_STORE="$work/store" "$K" "$@" >"$work/said" 2>&1; r=$?; cat "$work/said"; [ $r != 0 ] && grep -qF -- "$want" "$work/said"; }
ok "in Japanese: no such asset" ja '資産「AST-99」はありません' asset show AST-99
ok "in Japanese: one already" ja 'すでに一つの資産です' asset merge AST-1 AST-1
ok "in Japanese: what is no key" ja '「nonsense」は mac:' asset split AST-1 --keys nonsense
ok "in Japanese: keys the asset does not hold" ja 'この資産にない識別キー' asset split AST-1 --keys 10.77.0.9
ok "in Japanese: a scope of no network" ja 'ネットワーク「far」はありません' scope add 10.9.0.0/24 --network far --owner sato --until 2099-01-01 --why test
ok "in Japanese: what no scope allows" ja 'どの検査許可範囲にも入っていません' scan 10.78.0.2 --network lab
ok "in Japanese: what is to be erased is not said" ja '何を消去するかを指定してください' erase AST-1 --basis law -y
ok "in Japanese: what is not personal" ja '「port.state」は個人に関わる欄ではありません' erase AST-1 port.state --basis law -y
ok "in Japanese: no such guideline" ja 'ガイドライン「nonesuch」はありません' sheet show AST-1 --guide nonesuch

ok "a declaration" says "declaration recorded" declare set AST-1 --tcp 443,22 --services ssh,https
ok "it is shown, in order" says '"tcp":"22,443"' declare show AST-1
ok "another interface beside it" k declare set AST-1 --interface wan --tcp '' --state factory
both() { says '"interface":"wan","state":"factory"' declare show AST-1 && says '"services":\["https","ssh"\]' declare show AST-1; }
ok "both stand" both
ok "refused: a port that is none" refused declare set AST-1 --tcp 70000
ok "refused: a state that is none" refused declare set AST-1 --state broken
ok "refused: an asset that is not there" refused declare set AST-9 --tcp 22

# lists
lists() { want=$1; shift; k "$@" --json id >"$work/said" 2>&1 || { cat "$work/said"; return 1; }; cat "$work/said"; [ "$(grep -o 'AST-[0-9]*' "$work/said" | tr '\n' ' ')" = "$want" ]; }
wrong() { what=$1; shift; ! k "$@" >"$work/said" 2>&1 || return 1; cat "$work/said"; grep -q -- "$what" "$work/said"; }
ok "a kind of device" k asset set AST-2 category.name=camera hardware.vendor=Acme tag.tags=lab,spare
ok "a filter by field" lists "AST-2 " asset ls kind:camera vendor:acme 'seen:<24h'
ok "by another, negated" lists "" asset ls kind:camera -tag:lab
ok "unknown is not shown, not even by a negation" lists "" asset ls -place:lobby
ok "by a word" lists "AST-1 " asset ls 10.77.0.2
ok "sorted" lists "AST-2 AST-1 " asset ls --sort -id
ok "one, and where the rest begins" says "there is more: --page [0-9a-f]" asset ls --limit 1
rest() { page=$(sed -n 's/.*--page //p' "$work/said"); lists "AST-2 " asset ls --limit 1 --page "$page"; }
ok "the rest" rest
ok "an empty list is a document" says '"items":\[' asset ls nobody -f json
ok "refused: a word that is no field, with its place and what was meant" wrong "column 6.*Did you mean \"port\"" asset ls acme prot:23
ok "refused: a value the field never has" wrong "never" asset ls status:bad
ok "refused: a field it cannot sort by" wrong "sorted by" asset ls --sort owner
ok "refused: a cursor that is none" wrong "cursor" asset ls --page 00
facts_of() { k fact ls AST-2 kind:category --json kind,value && silent_on hardware fact ls AST-2 kind:category -f jsonl && says camera fact ls AST-2 kind:category camera -f jsonl; }
ok "facts of one kind" facts_of
order() { k fact ls AST-2 --sort -pos --limit 3 -f jsonl >"$work/f"; [ "$(wc -l <"$work/f")" = 3 ] && grep -q tag "$work/f"; }
ok "the latest three facts" order
ok "networks by zone: none" says '"items":\[' network ls zone:tokyo -f json
ok "scopes by state" says SCO- scope ls state:active owner:sato

ok "an owner" k asset set AST-1 owner.name=Sato
ok "is erased" k erase AST-1 owner.name --basis request --why "asked by Suzuki" -y
ok "and gone" silent_on Sato asset show AST-1 -f json
ok "from the facts too" silent_on Sato fact ls AST-1 -f jsonl
ok "and known to be" says "partly_erased" fact ls AST-1 -f jsonl
ok "the entry names its maker by a pseudonym" says 'erased	USR-1' ledger ls -f tsv --columns type,by
ok "refused: a basis in words" refused erase AST-1 owner.name --basis "asked by the person" -y
ok "refused: no basis" refused erase AST-1 owner.name -y
ok "the ledger verifies" k ledger verify
tap_end
