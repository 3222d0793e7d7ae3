/* What every fuzz target includes: one function that takes any bytes, must not crash and must hold what it claims.
 * A target is NAME.c here, a folder seed/NAME with hand-written inputs and a line in meson.build. Without clang the
 * seeds are replayed by replay.c; with -Dfuzz=true the same function is driven by libFuzzer (tools/fuzz.sh). */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/base.h"

int LLVMFuzzerTestOneInput(const u8 *p, size_t n);

#endif
