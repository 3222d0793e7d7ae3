#include "bench/bed.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fact/fact.h"
#include "core/msg/chunk.h"

NORETURN void bed_die(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

double bed_seconds(void)
{
	return (double)mono_now().ns / 1e9;
}

u64 bed_number(const char *text, u64 least, u64 most)
{
	u64 v;

	if (str_u64(str_z(text), most, &v) != 0 || v < least) {
		bed_die(text, "a number out of range");
	}
	return v;
}

void bed_directory(const char *path)
{
	DIR *d;

	if ((mkdir(path, 0700) != 0 && access(path, W_OK) != 0) || (d = opendir(path)) == NULL) {
		bed_die(path, "no directory to write to");
	}
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
			bed_die(path, "is not empty");
		}
	}
	closedir(d);
}

size_t bed_status(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	size_t kib = 0;

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
			kib = strtoull(line + strlen(name) + 1, NULL, 10);
		}
	}
	if (f != NULL) {
		fclose(f);
	}
	return kib * KiB;
}

/* ---- devices ---- */

struct device {
	struct arena *a;
	struct str addr, mac;
	struct buf facts[BED_GROUP];
	size_t n;
};

static struct buf *begin(struct device *d, const char *kind, const char *place)
{
	struct buf *b = &d->facts[d->n++];

	*b = buf_new(d->a, 0);
	buf_printf(b,
		"{\"kind\":\"%s\",\"network\":\"lab\",\"place\":{%s},\"source\":\"scan/1\",\"subject\":[\"ip:%.*s\","
		"\"mac:%.*s\"],\"value\":", kind, place, STRF(d->addr), STRF(d->mac));
	return b;
}

static void fact(struct device *d, const char *kind, const char *place, const char *value)
{
	buf_printf(begin(d, kind, place), "{%s},\"vantage\":\"v1\"}", value);
}

static void ports(struct device *d, u64 id)
{
	static const struct {
		int port;
		const char *name, *plain, *product, *banner;	/* banner: a number goes behind it */
	} all[] = {
		{ 22, "ssh", "false", "dropbear", "SSH-2.0-dropbear_2020." },
		{ 23, "telnet", "true", "busybox", "login at buildroot-" },
		{ 80, "http", "true", "mini_httpd", "HTTP/1.1 200 OK Server: mini_httpd/1." },
		{ 443, "https", "false", "mini_httpd", NULL },
		{ 554, "rtsp", "true", "live555", NULL },
	};

	for (size_t i = 0; i < countof(all); i++) {
		const char *place = str_c(d->a, str_printf(d->a, "\"addr\":\"%.*s\",\"port\":%d,\"proto\":\"tcp\"",
			STRF(d->addr), all[i].port));

		fact(d, "port/1", place, "\"reason\":\"synack\"");
		buf_printf(begin(d, "service/1", place),
			"{\"name\":\"%s\",\"plain\":%s,\"product\":\"%s\",\"version\":\"%u.%u\"}"
			",\"vantage\":\"v1\"}", all[i].name, all[i].plain, all[i].product, (unsigned)(id % 7),
			(unsigned)(id % 41));
		if (all[i].banner != NULL) {
			buf_printf(begin(d, "banner/1", place),
				"{\"text\":\"%s%u\",\"truncated\":false},\"vantage\":\"v1\"}",
				all[i].banner, (unsigned)(id % 83));
		}
	}
}

static void device(struct device *d, u64 id)
{
	static const char *const vendors[] = { "Acme", "Beta Optics", "Corvus", "Delta Meter" };
	u64 mix = (id * 0x9e3779b97f4a7c15u) >> 40;
	const char *addr;

	d->addr = str_printf(d->a, "10.%u.%u.%u", (unsigned)(id >> 16 & 255), (unsigned)(id >> 8 & 255),
		(unsigned)(id & 255));
	d->mac = str_printf(d->a, "00:16:%02x:%02x:%02x:%02x", (unsigned)(id >> 16 & 255), (unsigned)(mix >> 16 & 255),
		(unsigned)(id >> 8 & 255), (unsigned)(id & 255));
	addr = str_c(d->a, str_printf(d->a, "\"addr\":\"%.*s\"", STRF(d->addr)));
	fact(d, "address/1", addr, "\"how\":[\"arp\"],\"onlink\":true");
	fact(d, "host/1", addr, "\"alive\":true,\"hops\":0");
	fact(d, "coverage/1", "\"of\":\"address\"", "\"families\":[\"ip4\"],\"method\":[\"arp\"]");
	fact(d, "coverage/1", str_c(d->a, str_printf(d->a, "%s,\"of\":\"port\",\"proto\":\"tcp\"", addr)),
		"\"alive\":true,\"closed\":\"1-21,24-79,81-442,444-553,555-65535\",\"open\":\"22-23,80,443,554\"");
	fact(d, "coverage/1", str_c(d->a, str_printf(d->a, "%s,\"of\":\"service\",\"proto\":\"tcp\"", addr)),
		"\"alive\":true,\"closed\":\"1-21,24-79,81-442,444-553,555-65535\",\"determined\":[\"name\",\"plain\"],"
		"\"open\":\"22-23,80,443,554\"");
	ports(d, id);
	fact(d, "name/1", "\"by\":\"mdns\"", str_c(d->a, str_printf(d->a, "\"name\":\"device-%06x.local\"",
		(unsigned)id)));
	fact(d, "hardware/1", "", str_c(d->a, str_printf(d->a, "\"model\":\"M-%u\",\"vendor\":\"%s\"",
		(unsigned)(id % 97),
		vendors[id % countof(vendors)])));
	must(d->n == BED_GROUP);
}

size_t bed_chunks(struct arena *a, u64 first, u64 n, struct str *ret, size_t *ret_bytes)
{
	size_t chunks = 0, bytes = 0;
	struct utc now = utc_now();

	for (u64 at = first; at < first + n; at += BED_CHUNK, chunks++) {
		struct arena *scratch = arena_new(NULL, 0);
		u64 left = first + n - at, k = left < BED_CHUNK ? left : BED_CHUNK;
		struct chunk_item items[BED_CHUNK * BED_GROUP];
		struct chunk c = { .run = S("SCN-1"), .n = (u32)at, .items = items, .nitems = k * BED_GROUP };
		struct buf body = buf_new(a, LIMIT_MSG_BODY);

		for (u64 i = 0; i < k; i++) {
			struct device d = { .a = scratch };
			struct seen s = { .at = now, .class = 1, .qod = 95, .run = S("SCN-1") };

			device(&d, at + i);
			for (size_t f = 0; f < BED_GROUP; f++) {
				struct buf seen = buf_new(scratch, 0);

				s.at.ms = now.ms - 5000 + (i64)(f / 2);		/* a device is asked for a while */
				seen_write(&seen, &s);
				items[i * BED_GROUP + f] = (struct chunk_item){ .type = CHUNK_FACT,
					.head = buf_view(&d.facts[f]), .body = buf_view(&seen) };
				bytes += d.facts[f].n;
			}
		}
		chunk_write(&body, &c);
		if (buf_done(&body) != 0) {
			bed_die("chunk", "over the limit of a message");
		}
		ret[chunks] = buf_view(&body);
		arena_free(scratch);
	}
	if (ret_bytes != NULL) {
		*ret_bytes = bytes;
	}
	return chunks;
}

/* ---- the peer ---- */

struct bare {
	sqlite3 *db;
	sqlite3_stmt *put;
	u8 pool[1 * MiB];
};

static void sql(struct bare *b, const char *text)
{
	if (sqlite3_exec(b->db, text, NULL, NULL, NULL) != SQLITE_OK) {
		bed_die(text, sqlite3_errmsg(b->db));
	}
}

/* The two indexes every peer of this kind is measured with, device and time, kind and time. Tuned as ours is: WAL, one
 * prepared statement, the same page size and distance of checkpoints, exclusive locking. */
struct bare *bare_open(const char *path, size_t cache)
{
	struct bare *b = calloc(1, sizeof *b);
	char pragma[64];
	u64 x = 88172645463325252u;

	must(b != NULL);
	for (size_t i = 0; i < sizeof b->pool; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		b->pool[i] = (u8)x;
	}
	if (sqlite3_open(path, &b->db) != SQLITE_OK) {
		bed_die(path, sqlite3_errmsg(b->db));
	}
	snprintf(pragma, sizeof pragma, "PRAGMA cache_size=-%zu", cache / KiB);
	sql(b, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
		"PRAGMA wal_autocheckpoint=4096");
	sql(b, pragma);
	sql(b, "CREATE TABLE fact (id INTEGER PRIMARY KEY, asset INTEGER, at INTEGER, kind INTEGER, body BLOB); "
		"CREATE INDEX fact_asset ON fact (asset, at); CREATE INDEX fact_kind ON fact (kind, at)");
	if (sqlite3_prepare_v3(b->db, "INSERT INTO fact (asset, at, kind, body) VALUES (?1, ?2, ?3, ?4)", -1,
		SQLITE_PREPARE_PERSISTENT, &b->put, NULL) != SQLITE_OK) {
		bed_die("prepare", sqlite3_errmsg(b->db));
	}
	return b;
}

void bare_put(struct bare *b, u64 first, u64 n, size_t bytes)
{
	static const u8 kind_of[BED_GROUP] = { 0, 1, 2, 2, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5, 3, 4, 3, 4, 6, 7 };	/* as device() */

	sql(b, "BEGIN IMMEDIATE");
	for (u64 i = first; i < first + n; i++) {
		sqlite3_bind_int64(b->put, 1, (i64)(i / BED_GROUP));
		sqlite3_bind_int64(b->put, 2, 1795000000000 + (i64)i);
		sqlite3_bind_int64(b->put, 3, kind_of[i % BED_GROUP]);
		sqlite3_bind_blob(b->put, 4, b->pool + i * 64 % (sizeof b->pool - bytes), (int)bytes, SQLITE_STATIC);
		if (sqlite3_step(b->put) != SQLITE_DONE) {
			bed_die("insert", sqlite3_errmsg(b->db));
		}
		sqlite3_reset(b->put);
	}
	sql(b, "COMMIT");
}

void bare_close(struct bare *b)
{
	sqlite3_finalize(b->put);
	sqlite3_close(b->db);
	free(b);
}
