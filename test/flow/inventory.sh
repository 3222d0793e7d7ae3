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
ok "component" stated component.type=device '"component":"device"'
ok "sort of thing" stated category.name=camera '"class":"camera"'
ok "hardware version" stated hardware.version=B '"hw_version":"B"'
ok "tags" stated tag.tags=lab,spare '"tags":\["lab","spare"\]'
ok "a value it carries" stated "value[what=video].level=serious" '"what":"video"'
ok "its harm" stated "value[what=video].harm=people,trust" '"harm":\["people","trust"\]'
ok "a party" stated "party[name=Acme,role=maker].contact=psirt@acme.example" '"role":"maker"'
ok "zone" stated zone=tokyo/factory-a '"zone":"tokyo/factory-a"'
moved() { k asset history AST-1 -f jsonl | grep -q '"what":"zone".*tokyo/factory-a' && k asset ls zone:tokyo/factory-a --json id | grep -q AST-1 && k asset ls --zones tokyo --json id | grep -q AST-1; }
ok "it is found there, and the history says so" moved
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
ok "refused: a zone that is no path" refused zone=tokyo//x
ok "refused: no zone" refused zone=
ok "refused: a component that is none of the four" refused component.type=gadget
ok "refused: a stage that is none" refused lifecycle.stage=young
ok "refused: a running state that is none" refused running.state=asleep
ok "refused: a sort of thing in capitals" refused "category.name=Big Camera"
ok "refused: a value without saying what" refused value.level=serious
ok "refused: a harm that is none" refused "value[what=video].harm=weather"
ok "refused: a role that is none" refused "party[name=Acme,role=friend].contact=x"
ok "refused: software without its name" refused software.version=2
ok "refused: an update period of words" refused update_period.until=soon
long=$(printf '%2100s' x | tr ' ' x)
ok "refused: a name, an owner, a use, a model, a contact that is too long" sh -c 'for f in name.name owner.name use.text hardware.model support.contact; do ip netns exec "$1" env KOROBANU_STORE="$2" "$3" asset set AST-1 "$f=$4" && exit 1; done; exit 0' sh "$LAB-scan" "$work/store" "$K" "$long"
ok "refused: a date that does not exist" refused support.until=2030-02-30
ok "refused: no value" refused place.room=
ok "refused: an asset that is not there" sh -c '! "$@"' sh ip netns exec "$LAB-scan" env KOROBANU_STORE="$work/store" "$K" asset set AST-99 place.room=x
unchanged() { shows '"damage":"severe"' && shows '"number":3'; }
ok "and nothing of it changed anything" unchanged
# Which network this is: what was not named stays, and a scan in another one stops.
member() { k network ls lab -f json >"$work/json"; cat "$work/json"; grep -q "$1" "$work/json"; }
kept() { k network set lab --note "factory A" --gateway-mac 00:16:3e:00:00:02 --dhcp-domain lab.example && k network set lab --lease 8h && member '"prefixes":\["10.77.0.0/29"\]' && member '"note":"factory A"' && member '"gateway_mac":"00:16:3e:00:00:02"' && member '"lease":28800' && member '"dhcp_domain":"lab.example"'; }
ok "network set leaves what it does not name" kept
ok "refused: a network that is not there" sh -c '! "$@"' sh ip netns exec "$LAB-scan" env KOROBANU_STORE="$work/store" "$K" network set nowhere --note x
scan_code() { want=$1; shift; k scan 10.77.0.2 --network lab --profile lab -p 22-23 -q "$@"; got=$?; echo "exit $got"; [ $got = "$want" ]; }
route() { lab_in scan ip route replace default via "$1"; }
gateway() { route 10.77.0.2 && scan_code 0; }
ok "the recorded gateway: scanned" gateway
k network set lab --gateway-mac 00:16:3e:00:00:77 >/dev/null 2>&1
ok "refused: another gateway than recorded, exit 6" scan_code 6
k network set lab --gateway-mac 00:16:3e:00:00:02 >/dev/null 2>&1
mkdir -p "/etc/netns/$LAB-scan"
at_end() { rm -rf "/etc/netns/$LAB-scan"; rmdir /etc/netns 2>/dev/null; }
domain() { echo "search $1" >"/etc/netns/$LAB-scan/resolv.conf"; }
dry() { k scan 10.77.0.2 --network lab --profile lab -p 22-23 -n >"$work/said" 2>&1 && grep -q "22-23.*Nothing was sent" "$work/said" && before=$(k ledger head --json size) && k scan 10.77.0.2 --network lab -n -q && [ "$before" = "$(k ledger head --json size)" ]; }
ok "scan -n says what would be sent and records nothing" dry
outside() { k scan 192.0.2.1 --network lab -n; [ $? = 4 ]; }
ok "refused: scan -n outside every scope" outside
domain lab.example
ok "the recorded DHCP domain: scanned" scan_code 0
domain cafe.example
ok "refused: another DHCP domain than recorded, exit 6" scan_code 6
ok "the ledger verifies" k ledger verify
tap_end
