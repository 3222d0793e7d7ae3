#!/bin/sh
# Makes again what is generated and committed, and shows the difference: lint_generated.sh BUILD
# With UPDATE=1 (./dev generate) the difference is written instead: read it with git diff.
#   doc/formats/kinds.{en,ja}.md, kinds.schema.json   from src/core/fact/kinds.tbl
#   test/golden/cli/doc.*                             manual pages, completion, help.json and the reference of settings,
#                                                     from the tables of commands, options and settings and from i18n/
# What is generated at build time (messages, migrations, catalogue texts, the CP932 table, mains of tests) is not committed.
set -eu
build=${1:?the build directory}
bad=0
ninja -C "$build" korobanu src/core/fact/gen_kinds >/dev/null
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

same() {	# COMMITTED MADE
	if [ "${UPDATE:-}" = 1 ] && ! cmp -s "$1" "$2"; then cp "$2" "$1"; echo "wrote $1"; fi
	diff -u "$1" "$2" || { echo "lint: $1 is not as generated: ./dev generate" >&2; bad=1; }
}

for what in en ja schema; do
	case $what in schema) name=kinds.schema.json ;; *) name=kinds.$what.md ;; esac
	"$build/src/core/fact/gen_kinds" $what >"$dir/$name"
	same "doc/formats/$name" "$dir/$name"
done

mkdir "$dir/doc"
"$build/korobanu" __doc "$dir/doc"
seen=0
for golden in test/golden/cli/doc.*; do
	made=
	for f in $(cd "$dir/doc" && find . -type f | sed 's|^\./||'); do
		[ "doc.$(printf %s "$f" | tr / .)" != "${golden##*/}" ] || made=$f
	done
	[ -n "$made" ] || { echo "lint: nothing generates $golden" >&2; bad=1; continue; }
	same "$golden" "$dir/doc/$made"
	seen=$((seen + 1))
done
[ $seen -ge 10 ] || { echo "lint: only $seen generated pages were compared" >&2; bad=1; }

if git ls-files | grep '\.gen\.[ch]$'; then
	echo "lint: made at build time, and committed" >&2
	bad=1
fi
exit $bad
