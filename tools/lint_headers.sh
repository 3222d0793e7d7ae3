#!/bin/sh
# Every header compiles alone, under gcc and as C17 with our warnings.
set -eu
bad=0
gen=build/lint-gen	# the one generated header that others include
mkdir -p $gen
sh tools/gen_i18n.sh h i18n/en.yaml i18n/ja.yaml >$gen/i18n.gen.h
for h in $(find src test/unit -name '*.h' | sort); do
	case $h in *.gen.h) continue ;; esac
	printf '#include "%s"\n' "$PWD/$h" | gcc -std=gnu17 -D_GNU_SOURCE -Isrc -Itest/unit -I$gen $(pkg-config --cflags gnutls libseccomp sqlite3 libpq) \
		-Wall -Wextra -Werror -fsyntax-only -x c - || { echo "lint: $h does not compile alone" >&2; bad=1; }
done
exit $bad
