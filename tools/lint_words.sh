#!/bin/sh
# Banned functions, words that mean unfinished work, and texts that are said and in no catalogue.
set -eu
bad=0
if grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|gets|atoi|atol|strncpy|strncat|gmtime|localtime|ctime|asctime|system|popen|alloca|mktemp|tmpnam|rand|signal)[[:space:]]*\(' \
	$(find src tools lab bench -name '*.[ch]' -o -name '*.cc' 2>/dev/null) | grep -v '^[^:]*:[0-9]*:[[:space:]]*[/ ]\*'; then
	echo "lint: banned function (see CONTRIBUTING.md)" >&2
	bad=1
fi
if grep -nEi '\b(TODO|FIXME|XXX|HACK|placeholder|not implemented|for now|simplified)\b' $(find src tools bench lab -type f ! -name 'lint_words.sh'); then
	echo "lint: unfinished work" >&2
	bad=1
fi
for key in $(grep -rhoE 'SAY "[a-z][a-z-]*"' src | cut -d '"' -f 2 | sort -u); do
	grep -q "^check\.$key:" i18n/en.yaml || { echo "lint: i18n has no check.$key" >&2; bad=1; }
done
exit $bad
