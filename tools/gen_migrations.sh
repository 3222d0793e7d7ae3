#!/bin/sh
# Turns the numbered schema steps (src/core/store/migrate/NNNN.sql, given in order) into one C table with a text for each engine.
set -eu

# text ENGINE FILE: the file as a C string, in the words of that engine.
text() {
	case $1 in
	sqlite) words='s/@int\>/INTEGER/g; s/@key\>/INTEGER PRIMARY KEY/g; s/@text\>/TEXT/g; s/@blob\>/BLOB/g; s/@norowid\>/WITHOUT ROWID/g
		/^--pg /d; s/^--sqlite //' ;;
	pg) words='s/@int\>/BIGINT/g; s/@key\>/BIGINT PRIMARY KEY/g; s/@text\>/TEXT COLLATE "C"/g; s/@blob\>/BYTEA/g; s/ *@norowid\>//g
		/^--sqlite /d; s/^--pg //' ;;
	esac
	sed -e "$words" -e '/^--/d' -e '/^[[:space:]]*$/d' -e 's/\\/\\\\/g; s/"/\\"/g; s/	/ /g; s/^/		"/; s/$/\\n"/' "$2"
}

echo '/* generated from src/core/store/migrate by tools/gen_migrations.sh, do not edit */'
echo '#include "core/store/store_int.h"'
echo
echo 'const struct store_migration store_migrations[] = {'
want=1
for f in "$@"; do
	n=$(basename "$f" .sql)
	[ "$n" = "$(printf %04d $want)" ] || { echo "gen_migrations: $f where step $want should stand" >&2; exit 1; }
	printf '\t{\n\t\t.to = %d,\n\t\t.sql[STORE_SQLITE] =\n' $want
	text sqlite "$f"
	printf '\t\t,\n\t\t.sql[STORE_PG] =\n'
	text pg "$f"
	printf '\t\t,\n\t},\n'
	want=$((want + 1))
done
echo '};'
echo 'const size_t store_migrations_n = countof(store_migrations);'
