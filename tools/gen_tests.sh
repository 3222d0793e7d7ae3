#!/bin/sh
# Writes the main() of one unit test file: every function `void test_<module>__<case>(void **state)` in it, in order.
set -eu
names=$(sed -n 's/^void \(test_[A-Za-z0-9_]*__[A-Za-z0-9_]*\)(void \*\*.*/\1/p' "$1")
[ -n "$names" ] || { echo "gen_tests: no test in $1" >&2; exit 1; }
echo "/* generated from $(basename "$1") by tools/gen_tests.sh, do not edit */"
echo '#include "unit.h"'
for n in $names; do echo "void $n(void **state);"; done
echo 'int main(void)'
echo '{'
printf '\tconst struct CMUnitTest tests[] = {\n'
for n in $names; do printf '\t\tcmocka_unit_test(%s),\n' "$n"; done
printf '\t};\n\n'
printf '\tcmocka_set_message_output(CM_OUTPUT_TAP);\n'
printf '\treturn cmocka_run_group_tests(tests, NULL, NULL);\n}\n'
