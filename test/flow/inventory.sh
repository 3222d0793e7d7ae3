#!/bin/sh
# What people state of an asset (R-12, R-19): each member good, and input that must be refused. usage: inventory.sh PROGRAM; TAP.
. "${0%/*}/tap.sh"
tap_root "inventory"
k() { lab_in scan env LC_ALL=C KOROBANU_STORE="$work/store" "$K" "$@"; }
shows() { k asset show AST-1 -f json >"$work/json"; cat "$work/json"; grep -q "$1" "$work/json"; }
stated() { k asset set AST-1 "$1" && shows "$2"; }
refused() { ! k asset set AST-1 "$1"; }

lab_up
lab_host scan 00:16:3e:00:00:01 10.77.0.1/29
lab_host dev 00:16:3e:00:00:02 10.77.0.2/29
ready() {
	k network add lab --prefix 10.77.0.0/29 &&
		k scope add 10.77.0.0/29 --network lab --owner sato --until 2099-01-01 --why test --lab &&
		k scan 10.77.0.0/29 --network lab --profile lab -p 22-23 -q
}
ok "a device is found" ready
ok "name" stated name.name=cam-lobby-2 '"name":"cam-lobby-2"'
ok "place" stated place.room=lobby '"place":"lobby"'
ok "number of units" stated number.count=3 '"number":3'
ok "use" stated "use.text=entrance monitoring" '"use":"entrance monitoring"'
ok "running state" stated running.state=standby '"running":"standby"'
ok "hardware" stated hardware.model=AX-300 '"model":"AX-300"'
ok "software version" stated "software[name=firmware].version=2.1.0" '"sw_version":"2.1.0"'
ok "support period" stated support.until=2030-12-31 '"support_until":"2030-12-31T00:00:00.000Z"'
ok "support contact" stated support.contact=support@acme.example '"support_contact":"support@acme.example"'
ok "update period" stated update_period.until=2029-06-30 '"update_until":"2029-06-30T00:00:00.000Z"'
ok "owner, in Japanese" stated owner.name=佐藤 '"owner":"佐藤"'
ok "class of damage" stated class.damage=severe '"damage":"severe"'
ok "life-cycle stage" stated lifecycle.stage=normal '"stage":"normal"'
ok "by its name too" k asset show cam-lobby-2
later() { k asset set AST-1 place.room=gate && shows '"place":"gate"' && k fact ls AST-1 -f jsonl | grep -q lobby; }
ok "a later statement stands, the earlier stays in the facts" later
# The number of the fact of a kind that says a word.
fact_of() { k fact ls AST-1 -f tsv --columns pos,kind,value | awk -F'\t' -v kind="$1" -v word="$2" '$2 == kind && index($3, word) { print $1; exit }'; }
fact_says() { k fact show "$(fact_of "$1" "$2")" -f json | grep -q "$3"; }
ok "the earlier one is shown as history" fact_says place/1 lobby '"state":"superseded"'
ok "the later one as current" fact_says place/1 gate '"state":"current"'
sightings() { k fact show "$(fact_of place/1 lobby)" -f tsv | grep -c '	S[0-3]	' | grep -qx 1; }
ok "with each time it was seen" sightings
ok "refused: the number of a fact that is not there" sh -c '! "$@"' sh ip netns exec "$LAB-scan" env KOROBANU_STORE="$work/store" "$K" fact show 99999.1
ok "refused: what is no number of a fact" sh -c '! "$@"' sh ip netns exec "$LAB-scan" env KOROBANU_STORE="$work/store" "$K" fact show here
ok "refused: a class that is none of the four" refused class.damage=huge
ok "refused: a kind that does not exist" refused colour.name=red
ok "refused: a field the kind does not have" refused place.planet=mars
ok "refused: a number that is none" refused number.count=many
ok "refused: no units at all" refused number.count=0
ok "refused: a date that does not exist" refused support.until=2030-02-30
ok "refused: no value" refused place.room=
ok "refused: an asset that is not there" sh -c '! "$@"' sh ip netns exec "$LAB-scan" env KOROBANU_STORE="$work/store" "$K" asset set AST-99 place.room=x
unchanged() { shows '"damage":"severe"' && shows '"number":3'; }
ok "and nothing of it changed anything" unchanged
ok "the ledger verifies" k ledger verify
tap_end
