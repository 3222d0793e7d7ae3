#!/bin/sh
# The layer check: base < core < proto < sense | judge | act < show < main.c, and inside core
# msg < super | fact < lang < ledger < store < catalog < view < serve. A file may include its own part and parts to the left.
set -eu
find src -name '*.[ch]' -o -name '*.cc' -o -name '*.tbl' | sort | xargs awk '
function rank(path,   p) {
	p = path
	sub(/^src\//, "", p)
	if (p ~ /^base\//) return 100
	if (p ~ /^core\/msg\//) return 201
	if (p ~ /^core\/super\//) return 202
	if (p ~ /^core\/fact\//) return 203
	if (p ~ /^core\/lang\//) return 204
	if (p ~ /^core\/ledger\//) return 205
	if (p ~ /^core\/store\//) return 206
	if (p ~ /^core\/catalog\//) return 206.5
	if (p ~ /^core\/view\//) return 207
	if (p ~ /^core\/serve\//) return 208
	if (p ~ /^proto\//) return 300
	if (p ~ /^(sense|judge|act)\//) return 400
	if (p ~ /^show\//) return 500
	if (p == "main.c") return 600
	return -1
}
function top(path) { sub(/^src\//, "", path); sub(/\/.*/, "", path); return path }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	inc = $0; sub(/^[^"]*"/, "", inc); sub(/".*/, "", inc)
	if (inc ~ /\.gen\.[ch]$/) next
	me = rank(FILENAME); it = rank("src/" inc)
	if (me < 0) { print FILENAME ": in no layer"; bad = 1; next }
	if (it < 0) { print FILENAME ":" FNR ": includes " inc ", which is in no layer (write the path from src/)"; bad = 1; next }
	dir = FILENAME; sub(/^src\//, "", dir); sub(/\/[^\/]*$/, "", dir)
	idir = inc; sub(/\/[^\/]*$/, "", idir)
	if (inc ~ /_int\.h$/ && idir != dir) { print FILENAME ":" FNR ": " inc " is private to its part"; bad = 1 }
	if (it > me) { print FILENAME ":" FNR ": includes " inc ", which stands to the right"; bad = 1 }
	if (it == me && me == 400 && top(FILENAME) != top("src/" inc)) { print FILENAME ":" FNR ": sense, judge and act never meet: " inc; bad = 1 }
}
END { exit bad }'
