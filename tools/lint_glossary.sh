#!/bin/sh
# Japanese texts use the one translation that doc/glossary.ja.yaml fixes for each term: fails, naming file, line and the
# right word, where a word of some `not:` list stands. Looked at: the messages, Japanese pages and the tables that hold
# Japanese. With file names as arguments only those are looked at (for the test).
set -eu
glossary=doc/glossary.ja.yaml
if [ $# -eq 0 ]; then
	set -- $(git ls-files 'i18n/ja.yaml' 'README.ja.md' 'doc/*.ja.md' 'doc/ja/*' 'src/*.tbl' 'measures/*.yaml' 'guidelines/*.yaml')
fi
LC_ALL=C awk -v glossary="$glossary" '
FILENAME == glossary {
	if ($0 ~ /^[A-Za-z][A-Za-z ]*:$/) {
		term = substr($0, 1, length($0) - 1)
		if (term in ja) { print glossary ":" FNR ": " term " stands twice"; bad = 1 }
	} else if (match($0, /^  ja: ".+"$/)) {
		ja[term] = substr($0, 8, length($0) - 8); terms++
	} else if (match($0, /^  not: \[".+"\]$/)) {
		n = split(substr($0, 10, length($0) - 11), list, /", "/)
		for (i = 1; i <= n; i++) { sub(/"$/, "", list[i]); right[list[i]] = term }
	} else if ($0 !~ /^(#.*|  note: ".*")?$/) {
		print glossary ":" FNR ": not a line of a glossary"; bad = 1
	}
	next
}
{
	for (w in right) if (index($0, w)) {
		print FILENAME ":" FNR ": \"" w "\" is \"" ja[right[w]] "\" here (" right[w] ")"; bad = 1
	}
}
END {
	if (terms < 20) { print glossary ": too few terms were read"; bad = 1 }
	for (w in right) for (t in ja) if (index(ja[t], w)) { print glossary ": \"" w "\" is forbidden and part of \"" ja[t] "\""; bad = 1 }
	exit bad
}' "$glossary" "$@"
