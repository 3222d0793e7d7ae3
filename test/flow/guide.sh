#!/bin/sh
# Guidelines as a user meets them (R-01 register, R-02 matrix, R-03 components and audiences, R-07 fields of business, R-18 catalogs): good
# input, input that must be refused, both languages; and a sheet of a guideline that nothing answers yet. usage: guide.sh PROGRAM; TAP.
. "${0%/*}/tap.sh"
export LC_ALL=C.UTF-8
k() { "$K" "$@" 2>>"$work/err"; }
shown() { what=$1; shift; k "$@" >"$work/said" || return 1; cat "$work/said"; grep -q -- "$what" "$work/said"; }
refused() {	# CODE WORDS COMMAND...: in both languages, and with nothing on standard output
	code=$1 en=${2%%|*} ja=${2#*|}
	shift 2
	"$K" "$@" --lang en >"$work/said" 2>"$work/why"
	[ $? = "$code" ] && [ ! -s "$work/said" ] && grep -q -- "$en" "$work/why" || { cat "$work/said" "$work/why"; return 1; }
	"$K" "$@" --lang ja >"$work/said" 2>"$work/why"
	cat "$work/why"
	grep -q -- "$ja" "$work/why"
}
ids() { want=$1; shift; got=$(k guide ls -f tsv --columns id "$@" | sed 1d | tr '\n' ' '); echo "$* is $got, want $want"; [ "$got" = "$want" ]; }
rows() { want=$1; shift; got=$(k "$@" -f tsv --columns item | sed 1d | wc -l); echo "$* has $got, want $want"; [ "$got" = "$want" ]; }

# --- R-01 the register
ok "R-01 the register has publisher, year, edition, region" shown '"publisher":"IoT Acceleration Consortium (MIC, METI)","year":"2016","updated":"ver 1.0, 2016-07-05","region":"japan"' guide ls iotc-v1 -f json
ok "R-01 target, fields and audience" shown '"target":"IoT in general","sectors":\["general"\],"audience":\["developer","provider","operator","user"\]' guide ls iotc-v1 -f json
ok "R-01 one in Japanese, with summary and rights" shown '番号と独自の言い換え' guide ls jssec-v1 -f table --lang ja
ok "R-01 what it does not cover" shown '要点9～12は対象外' guide ls jssec-v1 -f table --lang ja
ok "R-01 what is held, and that a second reader has read it" shown '"held":"complete","items":128' guide ls jssec-v1 -f json
ok "R-01 what nobody has reviewed says so" shown '"held":"unreviewed","items":68' guide ls en303645-v2.1.1 -f json
ok "R-01 what is known by name only says so" shown '"held":"named-only","items":null' guide ls jnsa-consumer -f json
ok "R-01 what is verified stands apart for entry and items" shown '"verified":"verified","items_verified":"partly"' guide ls jcstar-star1 -f json
ok "R-01 those held" ids "jssec-v1 iotc-v1 en303645-v3.1.3 en303645-v2.1.1 uk-cop-2018 uk-psti-2023 jcstar-star1 ctia-v1.0.1 iso27400-2022 " --held
ok "R-01 by region" ids "bsi-tr-03148 " --region germany
ok "R-01 refused: a guideline that does not exist, with the nearest" refused 2 'Did you mean "jssec-v1"|「jssec-v1」ではありませんか' guide ls jssec-v9
ok "R-01 refused: a region that does not exist" refused 2 'europe germany|europe germany' guide ls --region mars

# --- R-02 the matrix
cell() { want=$1; shift; got=$(k guide matrix -f tsv "$@" | sed 1d | tr '\n' ' '); echo "$* is $got, want $want"; [ "$got" = "$want" ]; }
ok "R-02 three editions of four rows" sh -c '[ "$("$1" guide matrix -f jsonl 2>/dev/null | wc -l)" = 12 ]' sh "$K"
ok "R-02 the base edition, row device" cell "marked	blank	marked	marked	blank	marked	blank	marked	blank " --edition A --component device --columns csa,ota,ftc,fbi,enisa,gsma,owasp,ieee,iotc
ok "R-02 edition C leaves out what A has" cell "blank	marked	blank " --edition C --component network --columns csa,ota,ftc
ok "R-02 what cannot be told stays doubtful" cell "blank-doubtful	marked-doubtful " --edition B --component management --columns ipa,sum
ok "R-02 with its source" shown 'deck 000 (NRI Secure, 2017-11-29): \\"add everything\\"' guide matrix --edition B -f json
ok "R-02 people see marks" shown 'デバイス  *○  *·  *○  *○  *·  *○  *·  *○  *·' guide matrix --edition A -f table --lang ja
ok "R-02 refused: an edition that was not published" refused 2 'A B C|A B C' guide matrix --edition D

# --- R-03 components, audiences, levels
ok "R-03 the guidelines marked for devices" ids "csa-early-2015 ftc-2015 fbi-2015 ieee-2017 gsma-clp " --component device
ok "R-03 those that cover all four" sh -c '[ "$("$1" guide ls --component management -f tsv --columns id,components 2>/dev/null | grep -c "device,network,platform,management")" = 2 ]' sh "$K"
ok "R-03 ISO/IEC 27400: controls for users" rows 7 guide show iso27400-2022 --audience user
ok "R-03 and for developers" rows 38 guide show iso27400-2022 --audience developer
ok "R-03 CTIA: level 2 has the tests of level 1" rows 13 guide show ctia-v1.0.1 --level 2
ok "R-03 refused: a component that does not exist" refused 2 'device network platform management|device network platform management' guide ls --component cloud
ok "R-03 refused: a level that does not exist" refused 2 'from 1 to 3|1.*3' guide show ctia-v1.0.1 --level 4
ok "R-03 no item of that kind is a no" refused 1 'no item of uk-psti-2023|uk-psti-2023 に条件に合う項目' guide show uk-psti-2023 --level 1

# --- R-07 fields of business
ok "R-07 the guidelines of a field" ids "jesc-smartmeter jesc-power " --field power
field() { "$K" guide ls --field automotive --lang "$1" 2>&1 >/dev/null | grep -q "$2"; }
ok "R-07 whoever is in it must check" field en 'automobiles. Whoever is in it must check'
ok "R-07 in Japanese" field ja '必ず確認してください'
ok "R-07 a field without a known guideline says: look for one" refused 1 'railways.*look for one|鉄道.*調べてください' guide ls --field railway -f jsonl
ok "R-07 refused: a field nobody named" refused 2 'agriculture automotive|agriculture automotive' guide ls --field bakery

# --- R-18 the catalogs
ok "R-18 every item of the check sheet" rows 132 guide show jssec-v1
ok "R-18 the four key points out of its scope are said to be" shown '"item":"JS-09-scope","part":"note"' guide show jssec-v1 -f jsonl
ok "R-18 a check item, in Japanese" shown 'Telnetによるログインを無効にし' guide show jssec-v1 JS-14-2.c -f table --lang ja
ok "R-18 a viewpoint with its check items" rows 5 guide show jssec-v1 JS-14-2
ok "R-18 what is cut short in the source says so" shown '"verified":"cut"' guide show jssec-v1 JS-21-1.e -f json
ok "R-18 EN 303 645: a provision with condition and feature in words" shown 'There are debug interfaces' guide show en303645-v3.1.3 5.6-4A -f table
ok "R-18 its status" shown '"status":"mandatory"' guide show en303645-v3.1.3 5.6-4A -f json
ok "R-18 V2.1.1 leads to V3.1.3, its status not verified" shown '"verified":"status-memory".*"links":\["successor:en303645-v3.1.3#5.6-4A","successor:en303645-v3.1.3#5.6-4B"\]' guide show en303645-v2.1.1 5.6-4 -f json
ok "R-18 21 key points, 37 points, 4 rules for users with a point each" rows 66 guide show iotc-v1
ok "R-18 13 of the UK code" rows 13 guide show uk-cop-2018
ok "R-18 what PSTI lets count" shown 'deemed-compliance:en303645-v2.1.1#5.3-13' guide show uk-psti-2023 PSTI-3 -f table
ok "R-18 what is from memory says so" shown '未確認' guide show jcstar-star1 S1.1-13 -f table --lang ja
ok "R-18 the seven steps of CTIA" sh -c '[ "$("$1" guide show ctia-v1.0.1 -f jsonl | grep -c "\"part\":\"step\"")" = 7 ]' sh "$K"
ok "R-18 csv has one line an item" sh -c '[ "$("$1" guide show iso27400-2022 -f csv | wc -l)" = 46 ]' sh "$K"
ok "R-18 refused: an item that does not exist, with the nearest" refused 2 'Did you mean "JS-14-|「JS-14-.」ではありませんか' guide show jssec-v1 JS-14-9
ok "R-18 refused: a guideline held by name only" refused 1 'items of jnsa-consumer are not held|jnsa-consumer の項目は収録していません' guide show jnsa-consumer -f jsonl

# --- lint
ok "what is compiled in is sound" ends 0 k guide lint
ok "so is each file by itself" sh -c 'for f in guidelines/[!r]*.yaml; do "$1" guide lint "$f" >/dev/null 2>&1 || exit 1; done' sh "$K"
sed -e 's/id: "JS-14-2.d"/id: "JS-14-2.c"/' -e 's/, ja: "可能な場合は有線で接続する"//' -e 's/{name: "audience"/{name: "audiense"/' guidelines/jssec-v1.yaml >"$work/jssec-v1.yaml"
bad() {
	"$K" guide lint "$work/jssec-v1.yaml" -f tsv --columns what,place,text >"$work/said" 2>"$work/why"
	code=$?
	cat "$work/said" "$work/why"
	line=$(grep -n 'id: "JS-14-2.b"' guidelines/jssec-v1.yaml | cut -d: -f1)
	[ $code = 1 ] && [ "$(wc -l <"$work/said")" = 4 ] && grep -q "^language	jssec-v1:$line	JS-14-2.b: title" "$work/said" &&
		grep -q "^doubled	jssec-v1:[0-9]*	JS-14-2.c: JS-14-2.c" "$work/said" && grep -q "^prop	jssec-v1:1	audiense" "$work/said"
}
ok "a bad file: every fault at once, with line" bad
printf 'catalog:\n\tx: 1\n' >"$work/broken.yaml"
ok "what is no YAML is refused with its place" refused 7 'broken.yaml:2:|broken.yaml:2:' guide lint "$work/broken.yaml"
head -c 9000000 /dev/zero | tr '\0' ' ' >"$work/huge.yaml"
ok "a file beyond the limit is refused" sh -c '"$1" guide lint "$2" >/dev/null 2>&1; [ $? -ge 2 ]' sh "$K" "$work/huge.yaml"
ok "a file that is not there" sh -c '"$1" guide lint "$2" >/dev/null 2>&1; [ $? -ge 2 ]' sh "$K" "$work/none.yaml"

# --- the sheet
export KOROBANU_STORE="$work/store"
asset() { k network add lab --prefix 10.77.0.0/24 && printf 'name,mac\ncam-1,00:16:3e:00:00:09\n' >"$work/reg.csv" && k import "$work/reg.csv" --network lab --create -y; }
ok "(a device is registered)" asset
sheet() { k sheet show -f tsv --columns guideline,item,state,reason "$@" | sed 1d >"$work/said"; cat "$work/said" | tail -n 12; }
whole() { sheet && [ "$(grep -c '^jssec-v1	' "$work/said")" = 128 ] && [ "$(grep -c '^en303645-v3.1.3	' "$work/said")" = 78 ] && [ "$(cut -f1 "$work/said" | sort -u | wc -l)" = 2 ]; }
ok "without a name the sheet has the guidelines something answers, with every item" whole
still() { sheet -g ctia-v1.0.1 && [ "$(wc -l <"$work/said")" = 17 ] && [ "$(grep -c '	unknown	no_measure$' "$work/said")" = 17 ]; }
ok "by name, one that nothing answers yet: each item unknown, and why" still
item() { sheet --item JS-14-2,5.6-1 && [ "$(cut -f2 "$work/said" | tr '\n' ' ')" = "5.6-1 JS-14-2 JS-14-2.a JS-14-2.b JS-14-2.c JS-14-2.d " ]; }
ok "some items only, with their parts" item
ok "refused: an item that no sheet has" refused 1 'no sheet here has such an item|どのチェックシートにもありません' sheet show -f jsonl --item JS-99
ok "the ledger verifies" k ledger verify
proved() { k ledger prove -o "$work/p.jsonl" && k verify "$work/p.jsonl" >/dev/null && ! grep -q 'CTIA-1' "$work/p.jsonl" && grep -q 'JS-14-2.c' "$work/p.jsonl"; }
ok "a proof holds what was answered, not every guideline" proved
tap_end
