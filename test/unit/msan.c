/* MSan builds only: nettle is not instrumented, and clang 14 does not know the stat functions of a newer C library, so what
 * they write must be declared written. Linked with --wrap around those that fill something for us (meson.build). */
#include <ftw.h>
#include <nettle/eddsa.h>
#include <nettle/sha2.h>
#include <sanitizer/msan_interface.h>
#include <sys/stat.h>

void __real_nettle_sha256_digest(struct sha256_ctx *ctx, size_t n, uint8_t *digest);
void __real_nettle_ed25519_sha512_public_key(uint8_t *pub, const uint8_t *priv);
void __real_nettle_ed25519_sha512_sign(const uint8_t *pub, const uint8_t *priv, size_t n, const uint8_t *msg, uint8_t *sig);
int __real_fstat64(int fd, struct stat *st);
int __real_fstatat64(int dir, const char *path, struct stat *st, int flags);
int __real_nftw64(const char *path, __nftw_func_t fn, int fds, int flags);

void __wrap_nettle_sha256_digest(struct sha256_ctx *ctx, size_t n, uint8_t *digest)
{
	__real_nettle_sha256_digest(ctx, n, digest);
	__msan_unpoison(digest, n);
}

void __wrap_nettle_ed25519_sha512_public_key(uint8_t *pub, const uint8_t *priv)
{
	__msan_check_mem_is_initialized(priv, ED25519_KEY_SIZE);
	__real_nettle_ed25519_sha512_public_key(pub, priv);
	__msan_unpoison(pub, ED25519_KEY_SIZE);
}

void __wrap_nettle_ed25519_sha512_sign(const uint8_t *pub, const uint8_t *priv, size_t n, const uint8_t *msg, uint8_t *sig)
{
	__msan_check_mem_is_initialized(msg, n);
	__real_nettle_ed25519_sha512_sign(pub, priv, n, msg, sig);
	__msan_unpoison(sig, ED25519_SIGNATURE_SIZE);
}

int __wrap_fstat64(int fd, struct stat *st)
{
	int r = __real_fstat64(fd, st);

	if (r == 0) {
		__msan_unpoison(st, sizeof *st);
	}
	return r;
}

int __wrap_fstatat64(int dir, const char *path, struct stat *st, int flags)
{
	int r = __real_fstatat64(dir, path, st, flags);

	if (r == 0) {
		__msan_unpoison(st, sizeof *st);
	}
	return r;
}

/* What the C library calls back with. */
static __nftw_func_t nftw_fn;

__attribute__((no_sanitize("memory"))) static int nftw_call(const char *path, const struct stat *st, int type, struct FTW *at)
{
	__msan_unpoison(st, sizeof *st);
	__msan_unpoison(at, sizeof *at);
	return nftw_fn(path, st, type, at);
}

int __wrap_nftw64(const char *path, __nftw_func_t fn, int fds, int flags)
{
	nftw_fn = fn;
	return __real_nftw64(path, nftw_call, fds, flags);
}
