#!/bin/sh
# A run carried from one store to another, and what foreign files must not do. usage: transfer.sh PROGRAM; TAP on stdout.
. "${0%/*}/tap.sh"
tap_root "transfer"
state() { k asset ls -f tsv --columns addresses,worst | sed -n "s/^$1[^	]*	//p"; }
is() { got=$(state "$1"); echo "$1 is ${got:-nothing}, want $2"; [ "$got" = "$2" ]; }
entries() { k ledger ls -f tsv --columns seq | sed 1d | wc -l; }

tap_twins 10.82.0

survey() { begin one && k scan 10.82.0.0/29 --network lab --profile lab -q; }
ok "a survey in the first store" survey
ok "telnet is seen" is 10.82.0.2 fail
ok "the twin passes" is 10.82.0.3 pass
run=$(k ledger ls -f tsv --columns seq,act | sed -n 's/	run.begin$//p')
ok "its run is exported" k export --run "SCN-$run" -o "$work/run.jsonl"
ok "a run that is not there is not exported" ends 2 k export --run SCN-999 -o "$work/none.jsonl"
ok "and leaves no file" [ ! -e "$work/none.jsonl" ]
k fact ls 10.82.0.2 -f tsv --columns kind,place,value,vantage,qod | sort >"$work/facts.one"

store=two
ok "without the network it is refused" ends 2 k import "$work/run.jsonl"
ok "the network is made" k network add lab --prefix 10.82.0.0/29
ok "a dry run" k import "$work/run.jsonl" -n
ok "records nothing" [ "$(entries)" = 2 ]
ok "the run is imported" k import "$work/run.jsonl" --strict
ok "telnet is judged there too" is 10.82.0.2 fail
ok "the twin passes there too" is 10.82.0.3 pass
same_facts() { k fact ls 10.82.0.2 -f tsv --columns kind,place,value,vantage,qod | sort | diff "$work/facts.one" -; }
ok "the facts are the same" same_facts
now=$(entries)
ok "again" k import "$work/run.jsonl"
ok "changes nothing" [ "$(entries)" = "$now" ]
ok "the ledger verifies" k ledger verify

hand() {	# CLOSED QOD -> a file that says so of both hosts, from v1
	for h in 2 3; do
		printf '{"fact":{"kind":"coverage/1","network":"lab","place":{"addr":"10.82.0.%s","of":"port","proto":"tcp"},"source":"hand","subject":["ip:10.82.0.%s","mac:00:16:3e:00:00:0%s"],"value":{"closed":"%s","determined":["name","state"],"alive":true},"vantage":"v1"},"seen":{"at":"%s","class":"S0","evidence":[],"qod":%s,"run":"R-%s","state":"unknown"}}\n' \
			$h $h $h "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$2" "$2"
	done
}
for store in one two; do
	hand 1-65535 50 >"$work/weak.$store"
	hand 1-65535 100 >"$work/loud.$store"
	ok "$store: a weak file that says closed is read" k import "$work/weak.$store"
	ok "$store: it changes no fail" is 10.82.0.2 fail
	ok "$store: a loud one is read" k import "$work/loud.$store"
	ok "$store: it changes no fail either" is 10.82.0.2 fail
done
lie() { (sed -n 1p "$work/run.jsonl"; hand 1-65535 100; sed -n '$p' "$work/run.jsonl") >"$work/lie.jsonl"; ends 3 k import "$work/lie.jsonl"; }
store=two
ok "a known signature under other words" lie
ok "is not believed" is 10.82.0.2 fail

cut() { head -c 3000 "$work/run.jsonl" >"$work/cut.jsonl"; ends "$@" k import "$work/cut.jsonl"; }
ok "a cut file is partial" cut 3
ok "and says where" grep -q 'too early' "$work/cut.jsonl.rejects.jsonl"
bad() { { echo '{"fact":NaN}'; echo '{"a":1,"a":2}'; printf '\377\n'; printf '%070d\n' 0 | tr 0 '['; hand 1-10 50; } >"$work/bad.jsonl"; }
bad
ok "bad lines: strict records nothing" ends 7 k import "$work/bad.jsonl" --strict
ok "bad lines: the good ones are kept" ends 3 k import "$work/bad.jsonl" --rejects "$work/why.jsonl"
ok "bad lines: four are listed with their reasons" [ "$(wc -l <"$work/why.jsonl")" = 4 ]
ok "bad lines: with line and column" grep -q '^{"column":9,"line":1,"reason":"JSON has no NaN' "$work/why.jsonl"
ok "nothing usable" ends 7 k import /dev/null
long() { (head -c 1073741824 /dev/zero | tr '\0' '['; echo; hand 1-9 50) | lab_in scan env KOROBANU_STORE="$work/$store" "$K" import - --rejects "$work/long.jsonl"; }
ok "1 GB in one line from a pipe" ends 3 long
other() { ends 5 k import "$work/run.jsonl" --network lab --key 'korobanu.invalid/0123456789abcdef/1+x'; }
ok "another key than the file's" other

store=one
reg() {
	cat <<-'END'
	管理番号,機器名,メーカー,型番,製造番号,MACアドレス,設置場所,管理者,保守期限,色
	A-001,玄関カメラ,Acme,AX-300,S1,00-16-3E-00-00-02,玄関,佐藤,2030/12/31,白
	A-002,複合機,Ricoh,IM,9,,2階,鈴木,2029年3月31日,黒
	A-003,壊れ,X,Y,Z,not-a-mac,,,,
	A-004,両方,,,,00:16:3e:00:00:03,"3階, 東",,未定,
	END
}
reg | iconv -f UTF-8 -t CP932 >"$work/reg.csv"
now=$(entries)
try() { k import "$work/reg.csv" -n -f tsv >"$work/diff"; got=$?; cat "$work/diff"; [ $got = 3 ] && grep -q '^2	changed	.*	room		玄関' "$work/diff"; }
ok "register: CP932, cell by cell" try
ok "register: a dry run records nothing" [ "$(entries)" = "$now" ]
ok "register: strict records nothing" ends 7 k import "$work/reg.csv" --strict
ok "register: nothing was recorded" [ "$(entries)" = "$now" ]
ok "register: good rows are kept, the mapping too" ends 3 k import "$work/reg.csv" --map soumu --save-map
ok "register: two refused, with line" [ "$(grep -c '"line":[45],' "$work/reg.csv.rejects.jsonl")" = 2 ]
ok "register: the asset is named" sh -c "[ \"\$(env KOROBANU_STORE=$work/one $K asset ls -f tsv --columns name | grep -c 玄関カメラ)\" = 1 ]"
ok "register: without --create no asset is made" sh -c "[ \$(env KOROBANU_STORE=$work/one $K asset ls -f tsv --columns id | sed 1d | wc -l) = 2 ]"
ok "register: with --create one" ends 3 k import "$work/reg.csv" --create
ok "register: that is three" sh -c "[ \$(env KOROBANU_STORE=$work/one $K asset ls -f tsv --columns id | sed 1d | wc -l) = 3 ]"
ok "register: no verdict changes" is 10.82.0.2 fail
now=$(entries)
ok "register: again" ends 3 k import "$work/reg.csv" --create --map soumu
ok "register: records nothing" [ "$(entries)" = "$now" ]
ok "register: written out" k --lang ja export --register --bom -o "$work/out.csv"
ok "register: and read again" k import "$work/out.csv" --strict
ok "register: it is the same" [ "$(entries)" = "$now" ]
ok "register: a column by hand" ends 3 k import "$work/reg.csv" --column 色=use
ok "register: no such field" ends 2 k import "$work/reg.csv" --column 色=colour
ok "register: no register at all" ends 7 k import "$work/run.jsonl" --map soumu
store=two
ok "the ledger still verifies" k ledger verify

# --- headings and hash of a register are erased like what else may be somebody's
store=one
ok "register: the saved mapping is erased" k erase soumu columns --basis request
ok "register: and is no mapping any more" ends 2 k erase soumu columns --basis request
rest() {	# of the imports that saved none, by position
	for e in $(k ledger ls -f tsv --columns seq,act | sed -n 's/^\([0-9]*\)	register.import$/\1/p'); do
		k erase "$e.1" --basis request || grep -q E-NOTFOUND "$work/err" || return 1
		k erase "$e.2" --basis request || return 1
	done
}
ok "register: nor are the others" rest
headings() {
	grep -a -o "管理番号.\{0,40\}" "$work"/one/korobanu.db* && return 1
	! grep -aq "$(sha256sum "$work/reg.csv" | cut -c 1-64)" "$work"/one/korobanu.db*
}
ok "register: neither headings nor hash are left" headings
ok "register: it is read again all the same" ends 3 k import "$work/reg.csv" --map soumu
ok "the ledger verifies" k ledger verify
tap_end
