#!/bin/sh
# Writes the table of messages: gen_i18n.sh h|c EN.yaml JA.yaml > i18n.gen.h|c
# The files are flat YAML: comments, blank lines and `key: "text"` with \" \\ \n as the only escapes, so cc and awk suffice.
# Fails, naming the line, when a line is anything else, a key stands twice, or the two languages differ in keys or {placeholders}.
set -eu
mode=$1 en=$2 ja=$3
LC_ALL=C awk -v mode="$mode" -v en="$en" -v ja="$ja" '
function fail(text) { printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"; bad = 1; exit 1 }
function holes(s,   list, n, i, j, h, t) {
	gsub(/\{\{/, "", s); n = 0
	while (match(s, /\{[^}]*\}/)) { list[++n] = substr(s, RSTART, RLENGTH); s = substr(s, RSTART + RLENGTH) }
	for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
	h = ""
	for (i = 1; i <= n; i++) if (i == 1 || list[i] != list[i - 1]) h = h list[i]
	return h
}
/^[ \t]*(#|$)/ { next }
{
	if (!match($0, /^[a-z0-9][a-z0-9._-]*: "/)) fail("not `key: \"text\"`")
	key = substr($0, 1, RLENGTH - 3); text = substr($0, RLENGTH + 1)
	if (text !~ /"$/) fail("text does not end with a quote")
	text = substr(text, 1, length(text) - 1)
	check = text; gsub(/\\["\\n]/, "", check)
	if (check ~ /["\\]/) fail("a quote or backslash is not escaped; only \\\" \\\\ \\n are")
	if (check == "" && text == "") fail("empty text")
	lang = FILENAME == en ? "en" : "ja"
	if ((lang, key) in texts) fail("key " key " stands twice")
	texts[lang, key] = text
	if (lang == "en") order[++count] = key
	else {
		if (!(("en", key) in texts)) fail("key " key " is not in " en)
		if (holes(text) != holes(texts["en", key])) fail("placeholders of " key " differ from " en)
	}
}
END {
	if (bad) exit 1
	for (i = 1; i <= count; i++) if (!(("ja", order[i]) in texts)) { print ja ": key " order[i] " is missing" > "/dev/stderr"; exit 1 }
	print "/* generated from en.yaml and ja.yaml by tools/gen_i18n.sh, do not edit */"
	# "\\?": no trigraphs
	for (k in texts) gsub(/\?/, "\\?", texts[k])
	if (mode == "h") {
		print "#ifndef I18N_GEN_H\n#define I18N_GEN_H\n\nenum lang { LANG_en, LANG_ja, LANG_LANGS };\n\nenum tr_id {\n\tMSG_NONE,"
		for (i = 1; i <= count; i++) { id = order[i]; gsub(/[.-]/, "_", id); print "\tMSG_" id "," }
		print "\tMSG_COUNT\n};\n\nextern const char *const tr_keys[MSG_COUNT];\nextern const char *const tr_table[LANG_LANGS][MSG_COUNT];\n\n#endif"
		exit 0
	}
	print "#include \"i18n.gen.h\"\n\nconst char *const tr_keys[MSG_COUNT] = {\n\t\"\","
	for (i = 1; i <= count; i++) print "\t\"" order[i] "\","
	print "};\n\nconst char *const tr_table[LANG_LANGS][MSG_COUNT] = {"
	for (l = 1; l <= 2; l++) {
		lang = l == 1 ? "en" : "ja"
		print "\t[LANG_" lang "] = {\n\t\t\"\","
		for (i = 1; i <= count; i++) print "\t\t\"" texts[lang, order[i]] "\","
		print "\t},"
	}
	print "};"
}' "$en" "$ja"
