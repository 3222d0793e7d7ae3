/* The few things every file needs: integer names, attributes, must().
 * Nothing here allocates, prints or knows of any other part. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

#define KiB ((size_t)1024)
#define MiB (KiB * 1024)
#define GiB (MiB * 1024)

#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define MUST_USE __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* A contract between parts of this program. Compiled in always, ends the process with its place.
 * Never for bytes from outside, for what the database holds, or for configuration: those are ERR_*. */
#define must(cond) ((cond) ? (void)0 : base_must_failed(#cond, __FILE__, __LINE__))
void base_must_failed(const char *what, const char *file, int line) NORETURN;

/* `AUTO_CLOSE int fd = -1;` closes the descriptor when the block ends; the one hidden destructor. */
#define AUTO_CLOSE __attribute__((cleanup(base_auto_close)))
void base_auto_close(int *fd);

#endif
