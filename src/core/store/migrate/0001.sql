-- Schema 1. One text for both engines; tools/gen_migrations.sh puts the engine's word for @int @key @text @blob and
-- @norowid. A line that only one engine needs begins with --sqlite or --pg.
-- Positions are one integer: item (seq << 16 | idx), so that the primary key is the table itself and needs no index.
-- `zone` stands in every table whose rows say something about somebody.
CREATE TABLE meta (name @text PRIMARY KEY, value @blob NOT NULL) @norowid;
CREATE TABLE head (one @key, epoch @int NOT NULL, first @int NOT NULL, size @int NOT NULL, root @blob NOT NULL,
	edge @blob NOT NULL, origin @text NOT NULL, CHECK (one = 1));
CREATE TABLE entry (seq @key, at @int NOT NULL, type @text NOT NULL, leaf @blob NOT NULL, envelope @blob NOT NULL);
CREATE TABLE commits (seq @key, body @blob NOT NULL);
CREATE TABLE chunk (id @blob PRIMARY KEY, seq @int NOT NULL) @norowid;
CREATE TABLE tile (epoch @int NOT NULL, level @int NOT NULL, n @int NOT NULL, hashes @blob NOT NULL,
	PRIMARY KEY (epoch, level, n));
CREATE TABLE checkpoint (epoch @int NOT NULL, size @int NOT NULL, published @int NOT NULL, note @text NOT NULL,
	PRIMARY KEY (epoch, size)) @norowid;
CREATE TABLE erased (seq @int NOT NULL, part @int NOT NULL, by_seq @int NOT NULL, PRIMARY KEY (seq, part)) @norowid;

CREATE TABLE item (pos @key, n @int NOT NULL, asset @int NOT NULL, zone @text NOT NULL, part @int NOT NULL,
	nparts @int NOT NULL, salts @blob NOT NULL, body @blob NOT NULL);
CREATE INDEX item_asset ON item (asset, pos);
CREATE TABLE evidence (pos @key, part @int NOT NULL, kind @text NOT NULL, personal @int NOT NULL, size @int NOT NULL,
	sha @blob NOT NULL, place @int NOT NULL, zone @text NOT NULL, run @text NOT NULL, body @blob NOT NULL);
CREATE INDEX evidence_run ON evidence (run, size);

CREATE TABLE asset (id @key, zone @text NOT NULL, merged_into @int NOT NULL, seq @int NOT NULL, last_seen @int NOT NULL,
	name @text NOT NULL, class @text NOT NULL, vendor @text NOT NULL, network @text NOT NULL,
	t0 @text NOT NULL, t1 @text NOT NULL, t2 @text NOT NULL, t3 @text NOT NULL);
CREATE INDEX asset_name ON asset (name, id);
CREATE INDEX asset_seen ON asset (last_seen, id);
CREATE INDEX asset_class ON asset (class, name, id);
CREATE INDEX asset_vendor ON asset (vendor, name, id);
CREATE INDEX asset_network ON asset (network, name, id);
-- Apart from the row above, so that a page of assets reads narrow rows.
CREATE TABLE asset_state (id @key, state @blob NOT NULL);
CREATE TABLE claim (network @text NOT NULL, type @text NOT NULL, value @text NOT NULL, asset @int NOT NULL,
	strength @int NOT NULL, since @int NOT NULL, until @int NOT NULL, bound @text NOT NULL,
	PRIMARY KEY (network, type, value, asset)) @norowid;
CREATE INDEX claim_asset ON claim (asset);
CREATE TABLE expiry (asset @key, at @int NOT NULL);
CREATE INDEX expiry_at ON expiry (at, asset);

CREATE TABLE verdict (asset @key, seq @int NOT NULL, body @blob NOT NULL);
CREATE TABLE change (id @key, asset @int NOT NULL, measure @text NOT NULL, was @text NOT NULL, becomes @text NOT NULL,
	reason @text NOT NULL, seq @int NOT NULL, at @int NOT NULL);
CREATE INDEX change_asset ON change (asset, id);

CREATE TABLE rule_text (sha @blob PRIMARY KEY, kind @text NOT NULL, name @text NOT NULL, body @blob NOT NULL);
CREATE INDEX rule_text_kind ON rule_text (kind, name);
CREATE TABLE object (type @text NOT NULL, id @text NOT NULL, zone @text NOT NULL, seq @int NOT NULL, body @blob NOT NULL,
	PRIMARY KEY (type, id));
CREATE TABLE object_history (type @text NOT NULL, id @text NOT NULL, seq @int NOT NULL, zone @text NOT NULL,
	removed @int NOT NULL, body @blob NOT NULL, PRIMARY KEY (type, id, seq));
