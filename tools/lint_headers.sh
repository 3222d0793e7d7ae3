#!/bin/sh
# Every header compiles alone, under gcc and as C17 with our warnings.
set -eu
bad=0
for h in $(find src test/unit -name '*.h' | sort); do
	case $h in *.gen.h) continue ;; esac
	printf '#include "%s"\n' "$PWD/$h" | gcc -std=gnu17 -D_GNU_SOURCE -Isrc -Itest/unit ${GEN:+-I"$GEN"} $(pkg-config --cflags gnutls libseccomp sqlite3 libpq) \
		-Wall -Wextra -Werror -fsyntax-only -x c - || { echo "lint: $h does not compile alone" >&2; bad=1; }
done
exit $bad
