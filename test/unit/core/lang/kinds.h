/* A small schema made by hand, for tests of the language: independent of the real kind table. */
#ifndef TEST_LANG_KINDS_H
#define TEST_LANG_KINDS_H

#include "core/lang/lang.h"

static const struct str protos[] = { { "tcp", 3 }, { "udp", 3 } };
static const struct str levels[] = { { "minor", 5 }, { "serious", 7 }, { "severe", 6 } };

#define F(n, t, ...) { .name = { n, sizeof(n) - 1 }, .type = (t), __VA_ARGS__ }
static const struct lang_field address_fields[] = {
	F("addr", LANG_ADDR, .place = true),
	F("onlink", LANG_BOOL),
};
static const struct lang_field all_fields[] = {
	F("addr", LANG_ADDR, .place = true),
	F("proto", LANG_ENUM, .place = true, .words = protos, .nwords = 2),
	F("ports", LANG_RANGES),
};
static const struct lang_field declared_fields[] = {
	F("state", LANG_STR, .place = true),
	F("services", LANG_STRS),
	F("tcp", LANG_RANGES),
	F("udp", LANG_RANGES),
};
static const struct lang_field hardware_fields[] = {
	F("vendor", LANG_STR),
	F("version", LANG_STR),
	F("made", LANG_TIME),
	F("harm", LANG_ENUM, .words = levels, .nwords = 3),
	F("mac", LANG_MAC, .shared = true),
	F("secure", LANG_BOOL),
	F("ports", LANG_RANGES),
	F("cores", LANG_INT),
};
static const struct lang_field service_fields[] = {
	F("addr", LANG_ADDR, .place = true),
	F("port", LANG_INT, .place = true),
	F("proto", LANG_ENUM, .place = true, .words = protos, .nwords = 2),
	F("name", LANG_STR, .ruled_out = 5),
	F("not", LANG_STRS),
	F("tls", LANG_BOOL),
	F("version", LANG_STR),
	F("until", LANG_TIME),
};
enum { K_ADDRESS, K_ALL, K_DECLARED, K_HARDWARE, K_SERVICE };
static const struct lang_kind test_kinds[] = {
	{ { "address", 7 }, address_fields, 2 },
	{ { "answers_all", 11 }, all_fields, 3 },
	{ { "declared", 8 }, declared_fields, 4 },
	{ { "hardware", 8 }, hardware_fields, 8 },
	{ { "service", 7 }, service_fields, 8 },
};
static const struct lang_schema test_schema = { .kinds = test_kinds, .nkinds = 5 };

#endif
