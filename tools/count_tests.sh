#!/bin/sh
# usage: count_tests.sh TESTLOG.JSON BUILD: one line a test case: "pass|fail|skip BUILD TEST CASE". A test that speaks TAP counts
# each of its cases; one that died without a failing case, or speaks no TAP, counts once by its exit.
set -eu
awk -v build="$2" '
function field(line, key,   at, s) {
	at = index(line, "\"" key "\": \"")
	if (at == 0) return ""
	s = substr(line, at + length(key) + 5)
	out = ""
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\\") { i++; d = substr(s, i, 1); out = out (d == "n" ? "\n" : d == "t" ? "\t" : d); continue }
		if (c == "\"") break
		out = out c
	}
	return out
}
{
	name = field($0, "name"); result = field($0, "result"); text = field($0, "stdout")
	n = split(text, lines, "\n"); cases = 0; bad = 0
	for (l = 1; l <= n; l++) {
		line = lines[l]
		if (line !~ /^(not )?ok [0-9]/) continue
		cases++
		what = line; sub(/^(not )?ok [0-9]+( -)? */, "", what)
		if (line ~ /# *[Ss][Kk][Ii][Pp]/) { sub(/# *[Ss][Kk][Ii][Pp] */, "", what); print "skip", build, name, what }
		else if (line ~ /^not ok/) { bad++; print "fail", build, name, what }
		else print "pass", build, name, what
	}
	if (cases == 0 && result == "SKIP") print "skip", build, name, ""
	else if (cases == 0 && (result == "OK" || result == "EXPECTEDFAIL")) print "pass", build, name, ""
	else if (result != "OK" && result != "SKIP" && result != "EXPECTEDFAIL" && bad == 0) print "fail", build, name, "(" result ")"
}' "$1"
