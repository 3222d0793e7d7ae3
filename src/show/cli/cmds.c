/* The one table of commands and options. Parsing, -h, --help, help --json, man pages, completion and the reference of
 * settings are made from it (gen.c, complete.c), so none can say something else.
 *
 * A new command: its row here, cmd_<name>.c with its handler, HANDLER(name) in cli_int.h, the file in meson.build, and
 * its texts in i18n/en.yaml and i18n/ja.yaml. Then run the tests of show/cli with UPDATE=1 and read the difference. */
#include "show/cli/cli_int.h"

#define OPTS(...) .opts = (const struct cli_opt[]){ __VA_ARGS__ }, \
	.nopts = countof(((const struct cli_opt[]){ __VA_ARGS__ }))

const struct cli_opt cli_common[] = {
	{ .name = "dry-run", .needs = CLI_WRITES, .letter = 'n', .type = CLI_FLAG, .text = MSG_opt_dry_run },
	{ .name = "yes", .needs = CLI_WRITES, .letter = 'y', .type = CLI_FLAG, .text = MSG_opt_yes },
	{ .name = "no-input", .needs = CLI_WRITES, .type = CLI_FLAG, .text = MSG_opt_no_input },
	{ .name = "format", .needs = CLI_ROWS, .letter = 'f', .type = CLI_WORD, .arg = "FORMAT",
	  .words = "table plain json jsonl csv tsv", .config = "format", .text = MSG_opt_format },
	{ .name = "json", .needs = CLI_ROWS, .type = CLI_LIST, .arg = "FIELDS", .text = MSG_opt_json },
	{ .name = "columns", .needs = CLI_ROWS, .type = CLI_LIST, .arg = "FIELDS", .text = MSG_opt_columns },
	{ .name = "header", .needs = CLI_ROWS, .type = CLI_FLAG, .text = MSG_opt_header },
	{ .name = "bom", .needs = CLI_ROWS, .type = CLI_FLAG, .text = MSG_opt_bom },
	{ .name = "fields-help", .needs = CLI_ROWS, .type = CLI_FLAG, .text = MSG_opt_fields_help },
	{ .name = "sort", .needs = CLI_LISTS, .type = CLI_STR, .arg = "FIELD", .text = MSG_opt_sort },
	{ .name = "limit", .needs = CLI_LISTS, .type = CLI_INT, .arg = "N", .fallback = "0", .min = 0, .max = 1000000,
	  .text = MSG_opt_limit },
	{ .name = "store", .needs = CLI_CORE, .type = CLI_STR, .arg = "DIR", .config = "store",
	  .complete = CLI_DIR, .text = MSG_opt_store },
	{ .name = "zones", .needs = CLI_CORE, .type = CLI_LIST, .arg = "ZONE", .text = MSG_opt_zones },
	{ .name = "as-of", .needs = CLI_PAST, .type = CLI_STR, .arg = "N|TIME", .text = MSG_opt_as_of },
	{ .name = "config", .type = CLI_STR, .arg = "FILE", .env = "KOROBANU_CONFIG", .complete = CLI_FILE,
	  .text = MSG_opt_config },
	{ .name = "set", .letter = 'c', .type = CLI_LIST, .arg = "KEY=VALUE", .text = MSG_opt_set },
	{ .name = "lang", .type = CLI_WORD, .arg = "LANG", .words = "en ja auto", .config = "lang",
	  .text = MSG_opt_lang },
	{ .name = "color", .type = CLI_WORD, .arg = "WHEN", .words = "auto never always", .config = "color",
	  .text = MSG_opt_color },
	{ .name = "ascii", .type = CLI_FLAG, .config = "ascii", .text = MSG_opt_ascii },
	{ .name = "quiet", .letter = 'q', .type = CLI_FLAG, .text = MSG_opt_quiet },
	{ .name = "verbose", .letter = 'v', .type = CLI_FLAG, .text = MSG_opt_verbose },
};
const size_t cli_ncommon = countof(cli_common);

#define NETWORK_OPTS OPTS( \
	{ .name = "prefix", .type = CLI_LIST, .arg = "PREFIX", .text = MSG_opt_prefix }, \
	{ .name = "zone", .type = CLI_STR, .arg = "ZONE", .text = MSG_opt_zone }, \
	{ .name = "gateway-mac", .type = CLI_STR, .arg = "MAC", .text = MSG_opt_gateway_mac }, \
	{ .name = "dhcp-domain", .type = CLI_STR, .arg = "DOMAIN", .text = MSG_opt_dhcp_domain }, \
	{ .name = "lease", .type = CLI_SPAN, .arg = "SPAN", .text = MSG_opt_lease }, \
	{ .name = "note", .type = CLI_STR, .arg = "TEXT", .text = MSG_opt_note })

const struct cli_cmd cli_cmds[] = {
	{ .name = "scan", .run = cmd_scan, .args = "TARGET...", .min = 1, .max = 64,
	  .flags = CLI_CORE | CLI_ROLES | CLI_ROWS, .group = CLI_PEOPLE, .view = VIEW_asset, .text = MSG_cmd_scan,
	  .more = MSG_cmd_scan_more,
	  .examples = { "korobanu scan 192.168.1.0/24 --network office", "korobanu scan 10.7.0.2 10.7.0.3 --network lab --profile lab" },
	  OPTS({ .name = "network", .type = CLI_STR, .arg = "NETWORK", .fallback = "default", .text = MSG_opt_network },
		  { .name = "profile", .type = CLI_WORD, .arg = "PROFILE", .words = "gentle lab", .fallback = "gentle",
		    .text = MSG_opt_profile },
		  { .name = "ports", .letter = 'p', .type = CLI_STR, .arg = "PORTS", .fallback = "1-65535", .text = MSG_opt_ports },
		  { .name = "interface", .letter = 'i', .type = CLI_STR, .arg = "NAME", .text = MSG_opt_interface },
		  { .name = "vantage", .type = CLI_WORD, .arg = "V", .words = "v1 v2 v3 v4", .text = MSG_opt_vantage },
		  { .name = "connect", .type = CLI_FLAG, .text = MSG_opt_connect },
		  { .name = "status", .type = CLI_WORD, .arg = "HOW", .words = "line json off", .fallback = "line",
		    .text = MSG_opt_status },
		  { .name = "dry-run", .letter = 'n', .type = CLI_FLAG, .text = MSG_opt_scan_dry },
		  { .name = "restart", .type = CLI_FLAG, .text = MSG_opt_restart }) },
	{ .name = "verify", .run = cmd_verify, .args = "FILE", .min = 1, .max = 1, .complete = CLI_FILE,
	  .flags = CLI_ROWS, .group = CLI_PEOPLE, .view = VIEW_check, .text = MSG_cmd_verify, .more = MSG_cmd_verify_more,
	  .examples = { "korobanu verify proof.jsonl", "korobanu verify proof.jsonl --key 'korobanu.invalid/0123456789abcdef/1+...'" },
	  OPTS({ .name = "key", .type = CLI_STR, .arg = "KEY", .text = MSG_opt_key }) },
	{ .name = "import", .run = cmd_import, .args = "FILE", .min = 1, .max = 1, .complete = CLI_FILE,
	  .flags = CLI_CORE | CLI_ROLES | CLI_WRITES | CLI_ROWS, .group = CLI_PEOPLE, .view = VIEW_reject, .text = MSG_cmd_import,
	  .more = MSG_cmd_import_more,
	  .examples = { "korobanu import run.jsonl --network office --strict", "korobanu import register.csv --map soumu --save-map -n" },
	  OPTS({ .name = "network", .type = CLI_STR, .arg = "NETWORK", .text = MSG_opt_import_network },
		  { .name = "key", .type = CLI_STR, .arg = "KEY", .text = MSG_opt_key },
		  { .name = "strict", .type = CLI_FLAG, .text = MSG_opt_strict },
		  { .name = "map", .type = CLI_STR, .arg = "NAME", .text = MSG_opt_map },
		  { .name = "save-map", .type = CLI_FLAG, .text = MSG_opt_save_map },
		  { .name = "column", .type = CLI_LIST, .arg = "HEADING=FIELD", .text = MSG_opt_column },
		  { .name = "create", .type = CLI_FLAG, .text = MSG_opt_create },
		  { .name = "rejects", .type = CLI_STR, .arg = "FILE", .complete = CLI_FILE, .text = MSG_opt_rejects }) },
	{ .name = "export", .run = cmd_export, .args = "", .flags = CLI_CORE, .group = CLI_PEOPLE, .text = MSG_cmd_export,
	  .more = MSG_cmd_export_more,
	  .examples = { "korobanu export --run SCN-4 -o run.jsonl", "korobanu export --register --bom -o register.csv" },
	  OPTS({ .name = "run", .type = CLI_STR, .arg = "RUN", .text = MSG_opt_run },
		  { .name = "register", .type = CLI_FLAG, .text = MSG_opt_register },
		  { .name = "bom", .type = CLI_FLAG, .text = MSG_opt_bom },
		  { .name = "output", .letter = 'o', .type = CLI_STR, .arg = "FILE", .fallback = "export.jsonl", .complete = CLI_FILE,
		    .text = MSG_opt_output }) },
	{ .name = "demo", .run = cmd_demo, .args = "", .flags = CLI_CORE | CLI_ROLES | CLI_WRITES | CLI_ROWS, .group = CLI_PEOPLE,
	  .view = VIEW_asset, .text = MSG_cmd_demo, .more = MSG_cmd_demo_more,
	  .examples = { "korobanu demo --store ./demo", "korobanu demo -n" },
	  OPTS({ .name = "store", .type = CLI_STR, .arg = "DIR", .complete = CLI_DIR, .text = MSG_opt_demo_store }) },
	{ .name = "status", .run = cmd_status, .args = "", .flags = CLI_CORE | CLI_ROWS, .group = CLI_PEOPLE, .view = VIEW_status,
	  .text = MSG_cmd_status, .examples = { "korobanu status", "korobanu status -f json" } },
	{ .name = "network", .sub = "add", .run = cmd_network_add, .args = "NAME", .min = 1, .max = 1,
	  .flags = CLI_CORE | CLI_WRITES, .group = CLI_OBJECTS, .text = MSG_cmd_network_add, .more = MSG_cmd_network_more,
	  .examples = { "korobanu network add office --prefix 192.168.1.0/24",
		  "korobanu network add factory-a --prefix 10.7.0.0/24 --zone tokyo/factory-a --gateway-mac 00:16:3e:00:00:01" },
	  NETWORK_OPTS },
	{ .name = "network", .sub = "ls", .run = cmd_network_ls, .args = "[QUERY...]", .max = 64,
	  .flags = CLI_CORE | CLI_ROWS | CLI_LISTS, .group = CLI_OBJECTS,
	  .view = VIEW_network, .text = MSG_cmd_network_ls, .more = MSG_cmd_query_more,
	  .examples = { "korobanu network ls", "korobanu network ls 'zone:tokyo*' --sort id -f json" } },
	{ .name = "network", .sub = "set", .run = cmd_network_set, .args = "NAME", .min = 1, .max = 1,
	  .flags = CLI_CORE | CLI_WRITES, .group = CLI_OBJECTS, .text = MSG_cmd_network_set,
	  .examples = { "korobanu network set office --lease 8h", "korobanu network set office --gateway-mac 00:16:3e:00:00:01" },
	  NETWORK_OPTS },
	{ .name = "scope", .sub = "add", .run = cmd_scope_add, .args = "TARGET...", .min = 1, .max = 64,
	  .flags = CLI_CORE | CLI_WRITES, .group = CLI_OBJECTS, .text = MSG_cmd_scope_add, .more = MSG_cmd_scope_more,
	  .examples = { "korobanu scope add 192.168.1.0/24 --network office --owner sato --until 2027-03-31 --why \"yearly survey\"",
		  "korobanu scope add 10.7.0.0/24 --network lab --owner me --until 2027-01-01 --why test --lab" },
	  OPTS({ .name = "network", .type = CLI_STR, .arg = "NETWORK", .fallback = "default", .text = MSG_opt_network },
		  { .name = "owner", .type = CLI_STR, .arg = "WHO", .text = MSG_opt_owner },
		  { .name = "until", .type = CLI_TIME, .arg = "TIME", .text = MSG_opt_until },
		  { .name = "why", .type = CLI_STR, .arg = "TEXT", .text = MSG_opt_why },
		  { .name = "exclude", .type = CLI_LIST, .arg = "ADDRESS", .text = MSG_opt_exclude },
		  { .name = "vantage", .type = CLI_WORD, .arg = "V", .words = "v1 v2 v3 v4", .text = MSG_opt_vantage },
		  { .name = "lab", .type = CLI_FLAG, .text = MSG_opt_lab }) },
	{ .name = "scope", .sub = "ls", .run = cmd_scope_ls, .args = "[QUERY...]", .max = 64,
	  .flags = CLI_CORE | CLI_ROWS | CLI_LISTS, .group = CLI_OBJECTS,
	  .view = VIEW_scope, .text = MSG_cmd_scope_ls, .more = MSG_cmd_query_more,
	  .examples = { "korobanu scope ls state:active --sort until", "korobanu scope ls -f csv" } },
	{ .name = "scope", .sub = "rm", .run = cmd_scope_rm, .args = "SCOPE", .min = 1, .max = 1, .flags = CLI_CORE | CLI_WRITES,
	  .group = CLI_OBJECTS, .text = MSG_cmd_scope_rm, .examples = { "korobanu scope rm SCO-2", "korobanu scope rm SCO-2 -n" } },
	{ .name = "asset", .sub = "ls", .run = cmd_asset_ls, .args = "[QUERY...]", .max = 64,
	  .flags = CLI_CORE | CLI_ROWS | CLI_PAST | CLI_LISTS, .group = CLI_OBJECTS,
	  .view = VIEW_asset, .text = MSG_cmd_asset_ls, .more = MSG_cmd_asset_ls_more,
	  .examples = { "korobanu asset ls 'kind:camera port:23 -tag:lab' --sort -seen",
		  "korobanu asset ls 'vendor:Acme seen:<24h' --limit 50 --json id,addresses" },
	  OPTS({ .name = "page", .type = CLI_STR, .arg = "CURSOR", .text = MSG_opt_page }) },
	{ .name = "asset", .sub = "show", .run = cmd_asset_show, .args = "ASSET", .min = 1, .max = 1, .flags = CLI_CORE | CLI_ROWS | CLI_PAST,
	  .group = CLI_OBJECTS, .view = VIEW_asset, .text = MSG_cmd_asset_show,
	  .examples = { "korobanu asset show AST-1", "korobanu asset show 10.7.0.2" } },
	{ .name = "asset", .sub = "set", .run = cmd_asset_set, .args = "ASSET KIND.FIELD=VALUE...", .min = 2, .max = 32,
	  .flags = CLI_CORE | CLI_WRITES, .group = CLI_OBJECTS, .text = MSG_cmd_asset_set, .more = MSG_cmd_asset_set_more,
	  .examples = { "korobanu asset set AST-1 owner.name=Sato place.room=lobby", "korobanu asset set AST-1 name.name=cam-lobby-2" } },
	{ .name = "asset", .sub = "merge", .run = cmd_asset_merge, .args = "ASSET ASSET", .min = 2, .max = 2,
	  .flags = CLI_CORE | CLI_WRITES, .group = CLI_OBJECTS, .text = MSG_cmd_asset_merge,
	  .examples = { "korobanu asset merge AST-1 AST-4", "korobanu asset merge AST-1 AST-4 -n" } },
	{ .name = "asset", .sub = "split", .run = cmd_asset_split, .args = "ASSET", .min = 1, .max = 1,
	  .flags = CLI_CORE | CLI_WRITES, .group = CLI_OBJECTS, .text = MSG_cmd_asset_split, .more = MSG_cmd_asset_split_more,
	  .examples = { "korobanu asset split AST-1 --keys mac:00:16:3e:00:00:02,ip:10.7.0.3",
		  "korobanu asset split AST-1 --keys 10.7.0.3 -n" },
	  OPTS({ .name = "keys", .type = CLI_LIST, .arg = "KEY", .text = MSG_opt_keys }) },
	{ .name = "asset", .sub = "history", .run = cmd_asset_history, .args = "ASSET", .min = 1, .max = 1,
	  .flags = CLI_CORE | CLI_ROWS | CLI_PAST, .group = CLI_OBJECTS, .view = VIEW_change, .text = MSG_cmd_asset_history,
	  .examples = { "korobanu asset history AST-1", "korobanu asset history AST-1 -f jsonl" } },
	{ .name = "declare", .sub = "set", .run = cmd_declare_set, .args = "ASSET", .min = 1, .max = 1,
	  .flags = CLI_CORE | CLI_WRITES, .group = CLI_OBJECTS, .text = MSG_cmd_declare_set, .more = MSG_cmd_declare_set_more,
	  .examples = { "korobanu declare set AST-1 --interface lan --tcp 22,443 --services ssh,https",
		  "korobanu declare set AST-1 --interface wan --tcp '' --udp ''" },
	  OPTS({ .name = "interface", .type = CLI_STR, .arg = "NAME", .fallback = "lan", .text = MSG_opt_declared_interface },
		  { .name = "state", .type = CLI_WORD, .arg = "STATE", .words = "factory initialised customised",
		    .fallback = "customised", .text = MSG_opt_declared_state },
		  { .name = "tcp", .type = CLI_LIST, .arg = "PORTS", .text = MSG_opt_declared_tcp },
		  { .name = "udp", .type = CLI_LIST, .arg = "PORTS", .text = MSG_opt_declared_udp },
		  { .name = "services", .type = CLI_LIST, .arg = "NAME", .text = MSG_opt_declared_services }) },
	{ .name = "declare", .sub = "show", .run = cmd_declare_show, .args = "ASSET", .min = 1, .max = 1,
	  .flags = CLI_CORE | CLI_ROWS | CLI_PAST, .group = CLI_OBJECTS, .view = VIEW_fact, .text = MSG_cmd_declare_show,
	  .examples = { "korobanu declare show AST-1", "korobanu declare show AST-1 -f jsonl" } },
	{ .name = "fact", .sub = "ls", .run = cmd_fact_ls, .args = "ASSET [QUERY...]", .min = 1, .max = 64,
	  .flags = CLI_CORE | CLI_ROWS | CLI_PAST | CLI_LISTS,
	  .group = CLI_OBJECTS, .view = VIEW_fact, .text = MSG_cmd_fact_ls, .more = MSG_cmd_query_more,
	  .examples = { "korobanu fact ls AST-1 kind:service telnet --sort -observed", "korobanu fact ls AST-1 -f jsonl" } },
	{ .name = "fact", .sub = "show", .run = cmd_fact_show, .args = "FACT", .min = 1, .max = 1, .flags = CLI_CORE | CLI_ROWS | CLI_PAST,
	  .group = CLI_OBJECTS, .view = VIEW_fact, .text = MSG_cmd_fact_show,
	  .examples = { "korobanu fact show 18231.4", "korobanu fact show 18231.4 -f json" } },
	{ .name = "fact", .sub = "kinds", .run = cmd_fact_kinds, .args = "[KIND]", .max = 1, .flags = CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_kind, .text = MSG_cmd_fact_kinds, .more = MSG_cmd_fact_kinds_more,
	  .examples = { "korobanu fact kinds", "korobanu fact kinds service -f json" } },
	{ .name = "measure", .sub = "ls", .run = cmd_measure_ls, .args = "[QUERY...]", .max = 64, .flags = CLI_ROWS | CLI_LISTS,
	  .group = CLI_OBJECTS, .view = VIEW_measure, .text = MSG_cmd_measure_ls, .more = MSG_cmd_measure_ls_more,
	  .examples = { "korobanu measure ls component:network obligation:MUST", "korobanu measure ls 'threat:T2 state:stray has_rule:no' -f csv" } },
	{ .name = "measure", .sub = "show", .run = cmd_measure_show, .args = "MEASURE", .min = 1, .max = 1, .flags = CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_measure, .text = MSG_cmd_measure_show,
	  .examples = { "korobanu measure show M01", "korobanu measure show M01 --lang ja" } },
	{ .name = "evidence", .sub = "add", .run = cmd_evidence_add, .args = "FILE", .min = 1, .max = 1, .complete = CLI_FILE,
	  .flags = CLI_CORE | CLI_WRITES, .group = CLI_OBJECTS, .text = MSG_cmd_evidence_add, .more = MSG_cmd_evidence_add_more,
	  .examples = { "korobanu evidence add photo.jpg --asset AST-1 --kind photo", "korobanu evidence add slice.pcap --fact 12.3 --kind packet" },
	  OPTS({ .name = "asset", .type = CLI_STR, .arg = "ASSET", .text = MSG_opt_evidence_asset },
		  { .name = "fact", .type = CLI_STR, .arg = "SEQ.INDEX", .text = MSG_opt_evidence_fact },
		  { .name = "kind", .type = CLI_STR, .arg = "KIND", .fallback = "file", .text = MSG_opt_evidence_kind },
		  { .name = "note", .type = CLI_STR, .arg = "TEXT", .text = MSG_opt_note }) },
	{ .name = "evidence", .sub = "ls", .run = cmd_evidence_ls, .args = "[ASSET]", .max = 1, .flags = CLI_CORE | CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_evidence, .text = MSG_cmd_evidence_ls,
	  .examples = { "korobanu evidence ls", "korobanu evidence ls AST-1 -f json" } },
	{ .name = "evidence", .sub = "show", .run = cmd_evidence_show, .args = "EVIDENCE", .min = 1, .max = 1, .flags = CLI_CORE | CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_evidence, .text = MSG_cmd_evidence_show, .more = MSG_cmd_evidence_show_more,
	  .examples = { "korobanu evidence show EV-12.3", "korobanu evidence show EV-12.3 -f json" } },
	{ .name = "evidence", .sub = "export", .run = cmd_evidence_export, .args = "EVIDENCE", .min = 1, .max = 1, .flags = CLI_CORE,
	  .group = CLI_OBJECTS, .text = MSG_cmd_evidence_export, .more = MSG_cmd_evidence_export_more,
	  .examples = { "korobanu evidence export EV-12.3 -o photo.jpg", "korobanu evidence export EV-12.3 -o -" },
	  OPTS({ .name = "output", .letter = 'o', .type = CLI_STR, .arg = "FILE", .complete = CLI_FILE, .text = MSG_opt_output }) },
	{ .name = "guide", .sub = "ls", .run = cmd_guide_ls, .args = "[GUIDELINE]", .max = 1, .flags = CLI_ROWS, .group = CLI_OBJECTS,
	  .view = VIEW_guideline, .text = MSG_cmd_guide_ls, .more = MSG_cmd_guide_ls_more,
	  .examples = { "korobanu guide ls --component device", "korobanu guide ls jssec-v1" },
	  OPTS({ .name = "component", .type = CLI_WORD, .arg = "COMPONENT", .words = "device network platform management",
		    .text = MSG_opt_guide_component },
		  { .name = "field", .type = CLI_WORD, .arg = "FIELD",
		    .words = "agriculture automotive general home industrial medical payment power railway router",
		    .text = MSG_opt_guide_field },
		  { .name = "region", .type = CLI_WORD, .arg = "REGION", .words = "europe germany global japan singapore uk usa",
		    .text = MSG_opt_guide_region },
		  { .name = "audience", .type = CLI_WORD, .arg = "AUDIENCE",
		    .words = "adopter authority developer maker operator provider tester user", .text = MSG_opt_guide_audience },
		  { .name = "held", .type = CLI_FLAG, .text = MSG_opt_guide_held }) },
	{ .name = "guide", .sub = "show", .run = cmd_guide_show, .args = "GUIDELINE [ITEM]", .min = 1, .max = 2, .flags = CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_guideline_item, .text = MSG_cmd_guide_show, .more = MSG_cmd_guide_show_more,
	  .examples = { "korobanu guide show jssec-v1 JS-14-2", "korobanu guide show en303645-v3.1.3 -f csv" },
	  OPTS({ .name = "level", .type = CLI_INT, .arg = "N", .min = 1, .max = 3, .text = MSG_opt_guide_level },
		  { .name = "audience", .type = CLI_WORD, .arg = "AUDIENCE",
		    .words = "adopter authority developer maker operator provider tester user", .text = MSG_opt_guide_item_audience }) },
	{ .name = "guide", .sub = "matrix", .run = cmd_guide_matrix, .args = "", .flags = CLI_ROWS, .group = CLI_OBJECTS,
	  .view = VIEW_matrix, .text = MSG_cmd_guide_matrix, .more = MSG_cmd_guide_matrix_more,
	  .examples = { "korobanu guide matrix", "korobanu guide matrix --edition A --component device -f json" },
	  OPTS({ .name = "edition", .type = CLI_WORD, .arg = "EDITION", .words = "A B C", .text = MSG_opt_guide_edition },
		  { .name = "component", .type = CLI_WORD, .arg = "COMPONENT", .words = "device network platform management",
		    .text = MSG_opt_guide_component }) },
	{ .name = "guide", .sub = "lint", .run = cmd_guide_lint, .args = "[FILE]", .max = 1, .complete = CLI_FILE, .flags = CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_check, .text = MSG_cmd_guide_lint, .more = MSG_cmd_guide_lint_more,
	  .examples = { "korobanu guide lint", "korobanu guide lint guidelines/jssec-v1.yaml" } },
	{ .name = "sheet", .sub = "show", .run = cmd_sheet_show, .args = "[ASSET]", .max = 1, .flags = CLI_CORE | CLI_ROWS | CLI_PAST,
	  .group = CLI_OBJECTS, .view = VIEW_control, .text = MSG_cmd_sheet_show, .more = MSG_cmd_sheet_show_more,
	  .examples = { "korobanu sheet show AST-1 --item JS-14-2,5.6-1", "korobanu sheet show AST-1 --guide jssec-v1" },
	  OPTS({ .name = "guide", .letter = 'g', .type = CLI_STR, .arg = "GUIDELINE", .text = MSG_opt_guide },
		  { .name = "item", .type = CLI_LIST, .arg = "ITEM", .text = MSG_opt_sheet_item }) },
	{ .name = "rule", .sub = "explain", .run = cmd_rule_explain, .args = "ASSET MEASURE", .min = 2, .max = 2,
	  .flags = CLI_CORE | CLI_ROWS | CLI_PAST, .group = CLI_OBJECTS, .view = VIEW_answer, .text = MSG_cmd_rule_explain,
	  .examples = { "korobanu rule explain AST-1 M01", "korobanu rule explain AST-1 M01 --as-of 18231" } },
	{ .name = "rule", .sub = "check", .run = cmd_rule_check, .args = "[RULE]", .max = 1, .flags = CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_check, .text = MSG_cmd_rule_check, .more = MSG_cmd_rule_check_more,
	  .examples = { "korobanu rule check 'none(service where name == \"telnet\" over tcp:1-65535 from v1)'",
		  "korobanu rule check --file measure.rule" },
	  OPTS({ .name = "file", .type = CLI_STR, .arg = "FILE", .complete = CLI_FILE, .text = MSG_opt_file }) },
	{ .name = "ledger", .sub = "head", .run = cmd_ledger_head, .args = "", .flags = CLI_CORE | CLI_ROWS, .group = CLI_OBJECTS,
	  .view = VIEW_head, .text = MSG_cmd_ledger_head, .examples = { "korobanu ledger head", "korobanu ledger head --json size,root" } },
	{ .name = "ledger", .sub = "ls", .run = cmd_ledger_ls, .args = "", .flags = CLI_CORE | CLI_ROWS, .group = CLI_OBJECTS,
	  .view = VIEW_entry, .text = MSG_cmd_ledger_ls, .examples = { "korobanu ledger ls", "korobanu ledger ls --from 100 --limit 20" },
	  OPTS({ .name = "from", .type = CLI_INT, .arg = "N", .fallback = "0", .min = 0, .max = INT64_MAX, .text = MSG_opt_from },
		  { .name = "limit", .type = CLI_INT, .arg = "N", .fallback = "1000", .min = 1, .max = 10000, .text = MSG_opt_limit }) },
	{ .name = "ledger", .sub = "prove", .run = cmd_ledger_prove, .args = "[ASSET]", .max = 1, .flags = CLI_CORE,
	  .group = CLI_OBJECTS, .text = MSG_cmd_ledger_prove, .more = MSG_cmd_ledger_prove_more,
	  .examples = { "korobanu ledger prove AST-1 -o proof.jsonl", "korobanu ledger prove -o all.jsonl" },
	  OPTS({ .name = "output", .letter = 'o', .type = CLI_STR, .arg = "FILE", .fallback = "proof.jsonl", .complete = CLI_FILE,
		    .text = MSG_opt_output }) },
	{ .name = "ledger", .sub = "verify", .run = cmd_ledger_verify, .args = "", .flags = CLI_CORE | CLI_ROWS, .group = CLI_OBJECTS,
	  .view = VIEW_check, .text = MSG_cmd_ledger_verify, .more = MSG_cmd_ledger_verify_more,
	  .examples = { "korobanu ledger verify", "korobanu ledger verify --verdicts -f json" },
	  OPTS({ .name = "verdicts", .type = CLI_FLAG, .text = MSG_opt_verdicts }) },
	{ .name = "ledger", .sub = "consistency", .run = cmd_ledger_consistency, .args = "", .flags = CLI_CORE | CLI_ROWS,
	  .group = CLI_OBJECTS, .view = VIEW_check, .text = MSG_cmd_ledger_consistency, .more = MSG_cmd_ledger_consistency_more,
	  .examples = { "korobanu ledger consistency --from head-2026-10.txt", "korobanu ledger consistency --from 18231" },
	  OPTS({ .name = "from", .type = CLI_STR, .arg = "FILE|SIZE", .complete = CLI_FILE, .text = MSG_opt_from_head }) },
	{ .name = "ledger", .sub = "anchor", .run = cmd_ledger_anchor, .args = "[FILE]", .max = 1, .complete = CLI_FILE,
	  .flags = CLI_CORE, .group = CLI_OBJECTS, .text = MSG_cmd_ledger_anchor, .more = MSG_cmd_ledger_anchor_more,
	  .examples = { "korobanu ledger anchor /mnt/elsewhere/korobanu.heads", "korobanu ledger anchor" } },
	{ .name = "ledger", .sub = "export", .run = cmd_ledger_export, .args = "DIR", .min = 1, .max = 1, .complete = CLI_DIR,
	  .flags = CLI_CORE, .group = CLI_OBJECTS, .text = MSG_cmd_ledger_export, .more = MSG_cmd_ledger_export_more,
	  .examples = { "korobanu ledger export /srv/www/log", "korobanu ledger export ./log" } },
	{ .name = "ledger", .sub = "rotate-key", .run = cmd_ledger_rotate_key, .args = "", .flags = CLI_CORE | CLI_WRITES,
	  .group = CLI_OBJECTS, .text = MSG_cmd_ledger_rotate_key, .more = MSG_cmd_ledger_rotate_key_more,
	  .examples = { "korobanu ledger rotate-key -y", "korobanu ledger rotate-key -n" } },
	{ .name = "erase", .run = cmd_erase, .args = "WHAT [FIELD]", .min = 1, .max = 2, .flags = CLI_CORE | CLI_WRITES,
	  .group = CLI_OBJECTS, .text = MSG_cmd_erase, .more = MSG_cmd_erase_more,
	  .examples = { "korobanu erase AST-1 owner.name --basis request --why \"letter of 2026-11-20\"", "korobanu erase AST-1 --all --basis law -n" },
	  OPTS({ .name = "basis", .type = CLI_WORD, .arg = "BASIS", .words = "contract law mistake other request retention",
		    .text = MSG_opt_basis },
		  { .name = "all", .type = CLI_FLAG, .text = MSG_opt_erase_all },
		  { .name = "why", .type = CLI_STR, .arg = "TEXT", .text = MSG_opt_erase_why }) },
	{ .name = "db", .sub = "check", .run = cmd_db_check, .args = "", .flags = CLI_CORE | CLI_ROWS, .group = CLI_SYSTEM,
	  .view = VIEW_check, .text = MSG_cmd_db_check, .examples = { "korobanu db check", "korobanu db check -f json" } },
	{ .name = "db", .sub = "backup", .run = cmd_db_backup, .args = "FILE", .min = 1, .max = 1, .complete = CLI_FILE,
	  .flags = CLI_CORE, .group = CLI_SYSTEM, .text = MSG_cmd_db_backup, .more = MSG_cmd_db_backup_more,
	  .examples = { "korobanu db backup /backup/korobanu-2026-11-21.db", "korobanu db backup copy.db --store ./store" } },
	{ .name = "db", .sub = "restore", .run = cmd_db_restore, .args = "FILE", .min = 1, .max = 1, .complete = CLI_FILE,
	  .flags = CLI_CORE | CLI_WRITES | CLI_ROWS, .group = CLI_SYSTEM, .view = VIEW_check, .text = MSG_cmd_db_restore,
	  .more = MSG_cmd_db_restore_more,
	  .examples = { "korobanu db restore copy.db --store ./new", "korobanu db restore copy.db --replace -y" },
	  OPTS({ .name = "replace", .type = CLI_FLAG, .text = MSG_opt_replace }) },
	{ .name = "db", .sub = "settle", .run = cmd_db_settle, .args = "EPOCH", .min = 1, .max = 1, .flags = CLI_CORE | CLI_WRITES,
	  .group = CLI_SYSTEM, .text = MSG_cmd_db_settle, .more = MSG_cmd_db_settle_more,
	  .examples = { "korobanu db settle 2 --why \"erased again by the list of requests\"", "korobanu db settle 2 --why test -n" },
	  OPTS({ .name = "why", .type = CLI_STR, .arg = "TEXT", .text = MSG_opt_settle_why }) },
	{ .name = "db", .sub = "migrate", .run = cmd_db_migrate, .args = "", .flags = CLI_CORE | CLI_ROWS, .group = CLI_SYSTEM,
	  .view = VIEW_check, .text = MSG_cmd_db_migrate, .more = MSG_cmd_db_migrate_more,
	  .examples = { "korobanu db migrate", "korobanu db migrate -f json" } },
	{ .name = "doctor", .run = cmd_doctor, .args = "", .flags = CLI_CORE | CLI_ROWS, .group = CLI_SYSTEM, .view = VIEW_doctor,
	  .text = MSG_cmd_doctor, .more = MSG_cmd_doctor_more, .examples = { "korobanu doctor", "korobanu doctor -f json" } },
	{ .name = "info", .run = cmd_info, .args = "FILE", .min = 1, .max = 1, .complete = CLI_FILE, .flags = CLI_ROWS,
	  .group = CLI_SYSTEM, .view = VIEW_file, .text = MSG_cmd_info, .more = MSG_cmd_info_more,
	  .examples = { "korobanu info strange.json", "korobanu info proof.jsonl -f json" } },
	{ .name = "config", .sub = "show", .run = cmd_config_show, .args = "[KEY]", .max = 1,
	  .flags = CLI_ROWS, .group = CLI_SYSTEM, .view = VIEW_config, .text = MSG_cmd_config_show,
	  .more = MSG_cmd_config_show_more,
	  .examples = { "korobanu config show --origin", "korobanu config show lang -f json" },
	  OPTS({ .name = "origin", .type = CLI_FLAG, .text = MSG_opt_origin }) },
	{ .name = "config", .sub = "test", .run = cmd_config_test, .args = "[FILE]", .max = 1, .complete = CLI_FILE,
	  .flags = CLI_BARE, .group = CLI_SYSTEM, .text = MSG_cmd_config_test,
	  .examples = { "korobanu config test", "korobanu config test ./korobanu.yaml" } },
	{ .name = "completion", .run = cmd_completion, .args = "SHELL", .min = 1, .max = 1, .flags = CLI_BARE,
	  .group = CLI_SYSTEM, .text = MSG_cmd_completion, .more = MSG_cmd_completion_more,
	  .examples = { "korobanu completion bash > /etc/bash_completion.d/korobanu",
		  "korobanu completion zsh > ~/.zfunc/_korobanu" } },
	{ .name = "help", .run = cmd_help, .args = "[COMMAND | TOPIC]", .max = 2, .complete = CLI_COMMANDS,
	  .flags = CLI_BARE, .group = CLI_SYSTEM, .text = MSG_cmd_help, .more = MSG_cmd_help_more,
	  .examples = { "korobanu help config show", "korobanu help exit-codes" },
	  OPTS({ .name = "json", .type = CLI_FLAG, .text = MSG_opt_help_json }) },
	{ .name = "version", .run = cmd_version, .args = "", .flags = CLI_BARE, .group = CLI_SYSTEM,
	  .text = MSG_cmd_version, .examples = { "korobanu version", "korobanu --version" } },
	{ .name = "__doc", .run = cmd_doc, .args = "DIR", .min = 1, .max = 1, .complete = CLI_DIR,
	  .flags = CLI_BARE | CLI_HIDDEN, .group = CLI_SYSTEM, .text = MSG_cmd_doc,
	  .examples = { "korobanu __doc build/doc", "korobanu __doc /tmp/doc" } },
};
const size_t cli_ncmds = countof(cli_cmds);

const struct cli_topic cli_exits[] = {
	{ "0", MSG_exit_0 }, { "1", MSG_exit_1 }, { "2", MSG_exit_2 }, { "3", MSG_exit_3 }, { "4", MSG_exit_4 },
	{ "5", MSG_exit_5 }, { "6", MSG_exit_6 }, { "7", MSG_exit_7 }, { "130", MSG_exit_130 }, { "143", MSG_exit_143 },
};
const size_t cli_nexits = countof(cli_exits);

const struct cli_topic cli_formats[] = {
	{ "table", MSG_format_table }, { "plain", MSG_format_plain }, { "json", MSG_format_json },
	{ "jsonl", MSG_format_jsonl }, { "csv", MSG_format_csv }, { "tsv", MSG_format_tsv },
};
const size_t cli_nformats = countof(cli_formats);

/* Besides one variable for every setting, which are listed with the settings. */
const struct cli_topic cli_environment[] = {
	{ "KOROBANU_CONFIG", MSG_env_config }, { "NO_COLOR", MSG_env_no_color },
	{ "CLICOLOR_FORCE", MSG_env_clicolor_force },
	{ "TERM", MSG_env_term }, { "COLUMNS", MSG_env_columns }, { "LC_ALL, LC_MESSAGES, LANG", MSG_env_lang },
	{ "TZ", MSG_env_tz }, { "XDG_CONFIG_HOME", MSG_env_xdg_config }, { "XDG_DATA_HOME", MSG_env_xdg_data },
};
const size_t cli_nenvironment = countof(cli_environment);

/* --- looking up -------------------------------------------------------------------------------------------------- */

static bool own_option(const struct cli_cmd *cmd, const struct cli_opt *common)
{
	for (size_t i = 0; i < cmd->nopts; i++) {
		if (str_eq(str_z(cmd->opts[i].name), str_z(common->name)) ||
		    (common->letter != 0 && cmd->opts[i].letter == common->letter)) {
			return true;
		}
	}
	return false;
}

bool cli_takes(const struct cli_cmd *cmd, const struct cli_opt *common)
{
	/* A command's own option of that name or letter stands in front of the shared one. */
	return (common->needs == 0 || (cmd->flags & common->needs) != 0) && !own_option(cmd, common);
}

const struct cli_cmd *cli_cmd_find(struct str name, struct str sub)
{
	for (size_t i = 0; i < cli_ncmds; i++) {
		const struct cli_cmd *cmd = &cli_cmds[i];

		if (str_eq(name, str_z(cmd->name)) && (sub.n == 0 || str_eq(sub, str_z(cmd->sub)))) {
			return cmd;
		}
	}
	return NULL;
}

bool cli_has_subs(struct str name)
{
	const struct cli_cmd *cmd = cli_cmd_find(name, S(""));

	return cmd != NULL && cmd->sub != NULL;
}

struct str cli_cmd_title(struct arena *a, const struct cli_cmd *cmd)
{
	return str_printf(a, "%s%s%s", cmd->name, cmd->sub != NULL ? " " : "", cmd->sub != NULL ? cmd->sub : "");
}
