#!/bin/sh
# The length ratchet: no file of src/ longer than 1,500 lines, no function longer than the limit, which may only go down.
# A flat switch or table may be longer when the line before the function says "long:" and why.
set -eu
LIMIT=150
find src -name '*.c' ! -name '*.gen.c' | sort | xargs awk -v limit="$LIMIT" '
FNR == 1 { start = 0 }
FNR == 1501 { print FILENAME ": more than 1,500 lines"; bad = 1 }
/^\{/ { start = FNR; head = prev2 prev }
/^\}/ { if (start && FNR - start > limit && head !~ /long:/) { print FILENAME ":" start ": function of " FNR - start " lines (limit " limit ")"; bad = 1 } start = 0 }
{ prev2 = prev; prev = $0 }
END { exit bad }'
