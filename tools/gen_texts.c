/* Turns the YAML texts named on the command line into one C file: gen_texts KIND FILE [KIND FILE ...] > texts.gen.c
 * Each becomes canonical JSON, so what is hashed never depends on how a person laid the YAML out; the hash of a guideline, which is one text
 * as a whole, is made here and not at every start. A guideline or register that is wrong anywhere is refused with every fault of it. */
#include "base/json.h"
#include "base/yaml.h"
#include "core/catalog/guide.h"

#include <nettle/sha2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct str read_file(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b = buf_new(a, 8 * MiB);
	u8 piece[4096];
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
		buf_bytes(&b, piece, n);
	}
	fclose(f);
	return buf_view(&b);
}

static void put(struct str name, struct str s)
{
	printf("static const unsigned char %.*s[] = {", STRF(name));
	for (size_t i = 0; i < s.n; i++) {
		printf("%s%u,", i % 24 == 0 ? "\n\t" : "", (unsigned)(u8)s.p[i]);
	}
	printf("\n};\n\n");
}

static struct str stem(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str s = str_z(slash == NULL ? path : slash + 1);

	return str_ends(s, S(".yaml")) ? str_sub(s, 0, s.n - 5) : s;
}

static void put_hash(struct arena *a, int i, struct str body)
{
	struct sha256_ctx h;
	u8 hash[SHA256_DIGEST_SIZE];

	sha256_init(&h);
	sha256_update(&h, body.n, (const u8 *)body.p);
	sha256_digest(&h, sizeof hash, hash);
	put(str_printf(a, "hash_%d", i), str_of(hash, sizeof hash));
}

/* Every fault, as compilers name theirs. */
static bool sound(struct arena *a, const struct catalog_source *src, const struct str *yaml, size_t n)
{
	struct guide_faults faults = { 0 };
	struct perr err;

	if (guide_lint(a, src, yaml, n, &faults, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return false;
	}
	for (size_t i = 0; i < faults.n; i++) {
		const struct guide_fault *f = &faults.p[i];

		fprintf(stderr, "%.*s.yaml:%u: %s: %.*s: %.*s\n", STRF(f->source), f->line, f->code, STRF(f->id), STRF(f->what));
	}
	return faults.n == 0;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(NULL, 0);
	size_t n = (size_t)(argc - 1) / 2;
	struct catalog_source *src = arena_alloc(a, n * sizeof *src);
	struct str *yaml = arena_alloc(a, n * sizeof *yaml);

	printf("/* generated from guidelines/ and measures/ by tools/gen_texts.c, do not edit */\n");
	printf("#include \"core/catalog/catalog.h\"\n\n");
	for (size_t i = 0; i < n; i++) {
		const char *path = argv[2 * i + 2];
		struct buf b = buf_new(a, 0);
		const struct json *v;
		struct perr err;

		yaml[i] = read_file(a, path);
		if (yaml_parse(a, yaml[i], &v, &err) != 0) {
			fprintf(stderr, "%s:%u:%u: %s\n", path, err.line, err.col, err.text);
			return 1;
		}
		json_canon(&b, v);
		if (buf_done(&b) != 0) {
			return 1;
		}
		src[i] = (struct catalog_source){ .kind = str_z(argv[2 * i + 1]), .name = stem(path), .body = buf_view(&b) };
		put(str_printf(a, "text_%zu", i), src[i].body);
		put_hash(a, (int)i, src[i].body);
	}
	if (!sound(a, src, yaml, n)) {
		return 1;
	}
	printf("const struct catalog_source catalog_builtin[] = {\n");
	for (size_t i = 0; i < n; i++) {
		printf("\t{ .kind = { \"%.*s\", %zu }, .name = { \"%.*s\", %zu }, .body = { (const char *)text_%zu, sizeof text_%zu }, .hash = hash_%zu },\n",
			STRF(src[i].kind), src[i].kind.n, STRF(src[i].name), src[i].name.n, i, i, i);
	}
	printf("};\nconst size_t catalog_nbuiltin = countof(catalog_builtin);\n");
	arena_free(a);
	return 0;
}
