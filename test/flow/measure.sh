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
ok "plain" shown '^M01	MUST	unit	true	' measure ls -f plain

# --- shown
ok "one, in English" shown 'Does no Telnet (nor rlogin' measure show M01 -f table
ok "one, in Japanese" shown '応答しない状態ですか' measure show M01 -f table --lang ja
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
tap_end
