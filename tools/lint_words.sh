#!/bin/sh
# Banned functions, and words that mean unfinished work.
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
exit $bad
