#!/bin/sh
# The measures that are compiled in, as a user meets them: listed, filtered, shown in both languages and every format; refused input;
# and what a store is told of those that no machine answers: nothing, until somebody asks. usage: measure.sh PROGRAM; TAP on stdout.
. "${0%/*}/tap.sh"
export KOROBANU_STORE="$work/store" LC_ALL=C.UTF-8
k() { "$K" "$@" 2>>"$work/err"; }
list() { k measure ls -f tsv --columns id "$@" | tr '\n' ' '; }
is() { want=$1; shift; got=$(list "$@"); echo "$* is ${got:-nothing}, want $want"; [ "$got" = "$want" ]; }
says() { what=$1; shift; k "$@" >"$work/said" 2>>"$work/err"; code=$?; cat "$work/said" "$work/err"; grep -q -- "$what" "$work/said" "$work/err"; }
shown() { what=$1; shift; k "$@" >"$work/said" || return 1; cat "$work/said"; grep -q -- "$what" "$work/said"; }

# --- listed
ok "those with a rule" is 'id M01 M01.1 ' has_rule:yes
ok "by threat, state of life, level and obligation" is 'id M01 M01.1 ' threat:T10 state:stray level:unit obligation:MUST component:network has_rule:yes
ok "a threat is not its beginning" is 'id ' threat:T1 has_rule:yes
ok "by a word of the question" is 'id M01 ' rlogin has_rule:yes
ok "the last first" is 'id M01.1 M01 ' has_rule:yes --sort -id
ok "as many as asked for" is 'id M01 ' has_rule:yes --limit 1
ok "nothing is no error" ends 0 k measure ls obligation:NEVER
csv() { k measure ls has_rule:yes -f csv >"$work/said"; cat "$work/said"; head -n 1 "$work/said" | grep -q '^id,obligation,level,has_rule,title,group,components' && grep -q '^M01,MUST,unit,true,' "$work/said"; }
ok "csv" csv
ok "json" shown '"id":"M01.1","obligation":"MUST","level":"unit","has_rule":true' measure ls has_rule:yes -f json
ok "jsonl" shown '^{.*"threats":\["T2","T5","T7","T8","T10"\]' measure ls -f jsonl
ok "plain" shown '^M01	MUST	true	' measure ls -f plain

all() { [ "$(list | wc -w)" = 92 ]; }	# a heading, the ninety, and M01.1
ok "all ninety" all
many() { want=$1; shift; got=$(($(list "$@" | wc -w) - 1)); echo "$* gives $got, want $want"; [ "$got" = "$want" ]; }
ok "by obligation" many 55 obligation:MUST
ok "and the others" many 36 -obligation:MUST
ok "what only a document shows has no rule" is 'id M82 M83 M85 M86 M87 M90 ' observe:DOC -observe:AP,PC,CFG,FW,SB,LG,PHY
ok "by group" is 'id M69 M70 M71 M72 M73 ' group:platform
ok "asked of a supplier" is 'id M46 M86 ' level:supplier
ok "left alone, stolen" is 'id M58 M71 M74 M75 M78 ' threat:T3 state:stray
ok "by a word in Japanese" is 'id M44 ' 悪用されうる --lang ja

# --- shown
ok "one, in English" shown 'Does no Telnet (nor rlogin' measure show M01 -f table
ok "one, in Japanese" shown '応答しない状態ですか' measure show M01 -f table --lang ja
ok "why a machine does not answer" shown 'Why no rule .*Firmware is not opened in this version' measure show M10 -f table
ok "in Japanese too" shown '規則がない理由 .*文書でのみ示される' measure show M82 -f table --lang ja
ok "words for people" shown 'T2 virus infection' measure show M75 -f table
ok "codes for machines" shown '"threats":\["T2","T3","T7"\]' measure show M75 -f json
ok "to whom it applies" shown 'IoT機器がWi-Fiを使う拠点' measure show M22 -f jsonl --lang ja
each() {	# every one can be shown, in both languages
	for id in $(list | cut -d' ' -f2-); do
		for lang in en ja; do
			k measure show "$id" --lang $lang -f table >"$work/said" && grep -q "$id" "$work/said" || { echo "$id $lang"; return 1; }
		done
	done
}
ok "each of them" each
ok "its rule" shown '^none(service where' measure show M01 -f plain --columns rule
ok "help with an example" shown 'korobanu measure show M01' measure show --help
ok "help in Japanese" shown '絞り込み' measure ls --help --lang ja

# --- refused
ok "a measure that is not there" ends 2 k measure show M99
ok "and how to find one" says 'korobanu measure ls' measure show m01
ok "none named" ends 2 k measure show
ok "two named" ends 2 k measure show M01 M01.1
ok "a field that is not there" says 'obligation' measure ls obligatoin:MUST
ok "is an error" ends 2 k measure ls obligatoin:MUST
ok "a number for yes or no" ends 2 k measure ls has_rule:3
ok "an order by nothing" ends 2 k measure ls --sort colour
nothing() { [ ! -e "$work/store" ]; }
ok "no store was made" nothing

# --- a store is told nothing by what no machine answers
fact() { printf '{"fact":{"kind":"coverage/1","network":"lab","place":{"addr":"10.82.0.2","of":"port","proto":"tcp"},"source":"hand","subject":["ip:10.82.0.2","mac:00:16:3e:00:00:02"],"value":{"closed":"1-65535","determined":["name","state"],"alive":true},"vantage":"v1"},"seen":{"at":"2026-11-21T10:00:00Z","class":"S0","evidence":[],"qod":95,"run":"R","state":"unknown"}}\n'; }
fact >"$work/facts.jsonl"
ok "a network" k network add lab --prefix 10.82.0.0/24
ok "an asset" k import "$work/facts.jsonl" --network lab -q
ok "its card counts those a machine answers" shown '"unknowns":2' asset show AST-1 -f jsonl
history() { k asset history AST-1 -f tsv --columns what >"$work/said"; cat "$work/said"; grep -q M01 "$work/said" && ! grep -v 'M01' "$work/said" | grep -q 'M[0-9]'; }
ok "its history too" history
ok "asked for by name: unknown" shown '"measure":"M50","state":"unknown".*"reason":"no_rule".*not in this version' rule explain AST-1 M50 -f jsonl
ok "in words" shown '機械では答えられない' rule explain AST-1 M50 -f table --lang ja
ok "refused: of a measure that is not there" ends 2 k rule explain AST-1 M99
ok "the log holds" ends 0 k ledger verify --verdicts
tap_end
