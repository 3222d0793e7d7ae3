/* Turns the YAML texts named on the command line into one C file: gen_texts KIND FILE [KIND FILE ...] > texts.gen.c
 * Each becomes canonical JSON, so what is hashed never depends on how a person laid the YAML out. */
#include "base/json.h"
#include "base/yaml.h"

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

int main(int argc, char **argv)
{
	struct arena *a = arena_new(NULL, 0);

	printf("/* generated from guidelines/ and measures/ by tools/gen_texts.c, do not edit */\n");
	printf("#include \"core/catalog/catalog.h\"\n\n");
	for (int i = 1; i + 1 < argc; i += 2) {
		struct buf b = buf_new(a, 0);
		const struct json *v;
		struct perr err;

		if (yaml_parse(a, read_file(a, argv[i + 1]), &v, &err) != 0) {
			fprintf(stderr, "%s:%u:%u: %s\n", argv[i + 1], err.line, err.col, err.text);
			return 1;
		}
		json_canon(&b, v);
		if (buf_done(&b) != 0) {
			return 1;
		}
		put(str_printf(a, "text_%d", i / 2), buf_view(&b));
	}
	printf("const struct catalog_source catalog_builtin[] = {\n");
	for (int i = 1; i + 1 < argc; i += 2) {
		printf("\t{ .kind = { \"%s\", %zu }, .name = { \"%.*s\", %zu }, .body = { (const char *)text_%d, sizeof text_%d } },\n",
			argv[i], strlen(argv[i]), STRF(stem(argv[i + 1])), stem(argv[i + 1]).n, i / 2, i / 2);
	}
	printf("};\nconst size_t catalog_nbuiltin = countof(catalog_builtin);\n");
	arena_free(a);
	return 0;
}
